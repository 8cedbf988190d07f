/** What the heap's requests need of gdb and of the process: roots, variables, expressions, calls. */
import * as errors from '../errors';
import { parseAddress } from '../gdb/mi';
import { scopePointers } from '../heap/pointers';
import { loadReader } from '../heap/reader';
import { findRoot } from '../heap/root';
import { ownerOf } from '../symbols/classify';
import { parseData, type MapsSource } from '../symbols/modules';
import { FindingSession } from './finding';
import { log } from './guarded';

/** How long a function of the allocator may take that we call. */
const CALL_MS = 5000;
/** Frames whose variables are looked at for the names of chunks. */
const LOCAL_FRAMES = 24;

export abstract class ReachingSession extends FindingSession {
  protected maps: MapsSource | undefined;
  private coreRoot: Promise<bigint | undefined> | undefined;

  /** Writable data of the program and its libraries, the allocator's own and the C library's not. */
  protected async programData(): Promise<{ address: bigint; length: number }[]> {
    const maps = await this.maps?.read();
    return parseData(maps ?? '', (path) => ownerOf(path, '') === 'user');
  }

  protected async localPointers(): Promise<{ name: string; address: bigint }[]> {
    const threadId = await this.gdb.queryCurrentThreadId();
    const frames = await this.miFrames(threadId, 0, LOCAL_FRAMES - 1);
    const found = [];
    for (const frame of frames) {
      found.push(...(await scopePointers(this.gdb, threadId, Number(frame.level))));
    }
    return found;
  }

  protected async findPointers(frameId: number) {
    const frame = this.frame(frameId);
    if (!frame) {
      throw errors.requestFailed('This frame is of an earlier stop. Ask for the stack again.');
    }
    const [at] = await this.miFrames(frame.threadId, frame.frameId, frame.frameId);
    const source =
      at?.fullname === undefined || at.line === undefined
        ? {}
        : { source: { path: at.fullname, line: Number(at.line) } };
    return { pointers: await scopePointers(this.gdb, frame.threadId, frame.frameId), ...source };
  }

  protected async heapRoot(pid: number): Promise<bigint> {
    const hello = this.reports.hello(pid);
    if (hello) {
      return BigInt(hello.root);
    }
    if (this.core) {
      this.coreRoot ??= findRoot(loadReader(), { files: this.core.parts }, this.core.maps.readNow(), true);
      const root = await this.coreRoot;
      if (root === undefined) {
        throw errors.noHeapInCore();
      }
      return root;
    }
    if (this.attachment?.process.root !== undefined) {
      return this.attachment.process.root;
    }
    try {
      const value = await this.variables.value('(void *)&spaces_heap_root', undefined);
      const address = parseAddress(value);
      if (address !== undefined) {
        return address;
      }
    } catch {
      // gdb knows no such symbol: the library is not loaded yet, or not at all.
    }
    throw errors.noHeapYet();
  }

  protected async evaluateAddress(expression: string, frameId: number): Promise<bigint> {
    const value = await this.variables.value(`(unsigned long)(${expression})`, this.frame(frameId));
    const address = parseAddress(value);
    if (address === undefined) {
      throw errors.requestFailed(`"${expression}" is no address.`);
    }
    return address;
  }

  protected async call(prototype: string, name: string, args: readonly string[]): Promise<string> {
    await this.console.run('set scheduler-locking on');
    const interrupt = setTimeout(() => {
      this.gdb.sendCommand('-exec-interrupt --all').catch((error: unknown) => log(errors.messageOf(error)));
    }, CALL_MS);
    try {
      const expression = `((${prototype}) ${name})(${args.join(', ')})`;
      log(`calling ${name}(${args.join(', ')})`);
      return await this.callingProgram(expression, () => this.variables.value(expression, undefined));
    } catch (error) {
      throw errors.setFailed(name, errors.messageOf(error));
    } finally {
      clearTimeout(interrupt);
      await this.console.run('set scheduler-locking replay');
    }
  }
}
