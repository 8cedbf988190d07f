/** What is not started by us: a process that runs already, or the core file of one that has ended. */
import { Event } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Attachment } from '../attach/attachment';
import { CoreFile, describeCore } from '../core/coreFile';
import * as errors from '../errors';
import { loadReader } from '../heap/reader';
import { parseAttachArguments, type AttachSettings, type LaunchSettings } from '../launch/arguments';
import { SessionDirectory } from '../launch/directory';
import { preflightAttach, preflightCore } from '../launch/preflight';
import type { FollowerGo } from '../protocol';
import * as backend from './backend';
import { sendRecord } from './following';
import { log } from './guarded';
import { Surroundings } from './launching';
import { FINISHING, LifeSession } from './life';

/** How long a process may take to be left alone. */
const DETACH_MS = 3000;

export abstract class AttachingSession extends LifeSession {
  /** Resolves at the next stop, which is not the client's. */
  protected abstract standsStill(): Promise<void>;
  /** The process is attached to and held: that is a stop. */
  protected abstract presentEntry(): Promise<void>;
  /** The core file is open, and the client knows it. */
  protected abstract presentCore(core: CoreFile): Promise<void>;

  protected override async beginsOtherwise(settings: LaunchSettings): Promise<boolean> {
    if (this.attachment) {
      await this.attach(settings, this.attachment);
    } else if (this.core) {
      await this.showCore(settings, this.core);
    }
    return this.attachment !== undefined || this.core !== undefined;
  }

  protected override async attachRequest(
    response: DebugProtocol.AttachResponse,
    args: unknown,
  ): Promise<void> {
    await this.begin(response, () => this.prepareAttach(args));
  }

  private async prepareAttach(args: unknown): Promise<void> {
    const settings = parseAttachArguments(args);
    this.closing = false;
    this.foreign = true;
    this.settings = settings;
    const { attachable, warnings } = await preflightAttach(settings, loadReader());
    if (settings.allocator !== 'none') {
      this.surroundings = await Surroundings.listen(this.listenerFor(settings));
    }
    warnings.forEach((warning) => this.output(`Warning: ${warning}\n`, 'console'));
    const gdb = await this.connectGdb(settings);
    this.attachment = new Attachment(gdb, this.console, attachable, log);
    await gdb.sendCommand('-target-select native');
    await gdb.confirmAsyncMode();
    await this.watchAllocator(gdb, settings);
    await this.placeSnapshots(settings.snapshotAt);
    await this.attachment.warm();
  }

  /** Attach, and let the process run on; or stay, where that is asked for. */
  private async attach(settings: LaunchSettings, attachment: Attachment): Promise<void> {
    const start = performance.now();
    try {
      await attachment.take(this.standsStill(), this.surroundings?.socket);
    } catch (error) {
      throw errors.attachFailed(attachment.process.pid, errors.messageOf(error));
    }
    this.configuringState = FINISHING + 1;
    this.pauseCount = 0;
    if (settings.stopOnEntry) {
      await attachment.settle();
      await this.presentEntry();
    } else {
      await this.gdb.sendCommand('-exec-continue');
      attachment.heldFor = performance.now() - start;
      log(
        `attached to ${attachment.process.pid}, which stood still for ${Math.round(attachment.heldFor)} ms`,
      );
      this.letChildGo(attachment.process.pid);
      await attachment.settle();
    }
    if (settings.allocator !== 'none' && !attachment.reports) {
      this.output(`${errors.noReportSocket().message}\n`, 'console');
    }
    this.onLibraries();
  }

  /** The process that we were started for may go on: its hello waits for that. */
  private letChildGo(pid: number): void {
    const { followedFrom } = (this.settings ?? {}) as Partial<AttachSettings>;
    const socket = this.surroundings?.socket;
    if (followedFrom !== undefined && socket !== undefined) {
      const go: FollowerGo = { v: 1, t: 'go', pid, socket };
      sendRecord(followedFrom, go, (problem) => log(`letting ${pid} go on: ${problem}`));
    }
  }

  protected override async openCore(settings: LaunchSettings, path: string): Promise<void> {
    const core = await CoreFile.open(path);
    const { warnings } = await preflightCore(settings, core);
    this.core = core;
    this.directory = new SessionDirectory();
    await this.connectGdb(settings);
    this.output(`${describeCore(core)}\n`, 'console');
    [...warnings, ...core.sentences].forEach((text) => this.output(`Warning: ${text}\n`, 'console'));
    try {
      await backend.openCore(this.gdb, this.directory.link('core', path));
    } catch (error) {
      this.output(`Warning: ${errors.coreWithoutFrames(error).message}\n`, 'console');
    }
  }

  private async showCore(settings: LaunchSettings, core: CoreFile): Promise<void> {
    this.onProcess(core.facts.pid ?? 0);
    const body = { name: settings.program, isLocalProcess: true, pointerSize: 64 };
    this.sendEvent(new Event('process', body));
    this.configuringState = FINISHING;
    this.pauseCount = 0;
    await this.presentCore(core);
  }

  protected override async letGo(): Promise<void> {
    const { attachment } = this;
    this.attachment = undefined;
    if (attachment && this.state !== 'ended' && this.connection && this.gdb.isActive()) {
      const leaving = attachment.letGo(async () => {
        const still = this.standsStill();
        await this.gdb.sendCommand('-exec-interrupt --all');
        await still;
      });
      await Promise.race([leaving, new Promise((resolve) => setTimeout(resolve, DETACH_MS))]).catch(
        (error: unknown) => log(`detaching: ${errors.messageOf(error)}`),
      );
    }
  }
}
