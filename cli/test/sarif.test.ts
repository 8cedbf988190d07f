/** The SARIF report holds against its schema, and says what code-scanning pages show. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import type { Log } from 'sarif';
import { REPORT_KINDS } from '../../adapter/src/protocol';
import { compileFile } from '../../test/dap/support/programs';
import { ROOT, spaces, temporaryFolder } from './support';

const SCHEMA = path.join(ROOT, 'node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
const PROGRAM = path.join(__dirname, 'programs/wrong.c');

// A pattern of the schema is no expression of Unicode's.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats(ajv);
const validate = ajv.compile<Log>(JSON.parse(fs.readFileSync(SCHEMA, 'utf8')) as object);

async function sarifOf(args: string[], cwd = ROOT): Promise<Log> {
  const folder = temporaryFolder();
  try {
    const file = path.join(folder.path, 'spaces.sarif');
    await spaces(['run', '--quiet', '--report', 'sarif', '--output', file, ...args], { cwd });
    const log: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    assert.ok(validate(log), JSON.stringify(validate.errors, null, 2));
    return log;
  } finally {
    folder.remove();
  }
}

describe('the SARIF report', function () {
  this.timeout(30_000);

  it('is known to be wrong where it is', () => {
    assert.equal(validate({ version: '2.1.0', runs: [{ tool: {} }] }), false);
  });

  it('of a clean run holds no results, and every rule with its help', async () => {
    const [run] = (await sarifOf(['true'])).runs;
    assert.deepEqual(run?.results, []);
    assert.deepEqual(
      run?.tool.driver.rules?.map(({ id }) => id),
      REPORT_KINDS.map((kind) => `spaces/${kind}`),
    );
    assert.ok(run?.tool.driver.rules?.every(({ help }) => (help?.text ?? '').length > 20));
    assert.equal(run?.invocations?.[0]?.exitCode, 0);
  });

  it('names lines relative to the source root, with the places of allocation and free', async () => {
    const program = compileFile(PROGRAM);
    const [run] = (await sarifOf([program.path, 'double-free', 'often'])).runs;
    assert.deepEqual(
      run?.results?.map(({ ruleId, level, occurrenceCount }) => [ruleId, level, occurrenceCount]),
      [
        ['spaces/double-free', 'error', 1],
        ['spaces/double-free', 'error', 5],
      ],
    );
    const [result] = run?.results ?? [];
    const place = (marker: string) => ({
      artifactLocation: { uri: 'cli/test/programs/wrong.c', uriBaseId: '%SRCROOT%' },
      region: { startLine: program.line(marker) },
    });
    assert.deepEqual(result?.locations?.[0]?.physicalLocation, place('@again'));
    assert.deepEqual(
      result?.relatedLocations?.map(({ physicalLocation }) => physicalLocation),
      [place('@allocated'), place('@freed')],
    );
    assert.deepEqual(
      result?.codeFlows?.[0]?.threadFlows[0]?.locations.map(({ location }) => location?.physicalLocation),
      [place('@allocated'), place('@freed'), place('@again')],
    );
    assert.equal(result?.stacks?.length, 3);
    assert.equal(run?.tool.driver.rules?.[result?.ruleIndex ?? -1]?.id, 'spaces/double-free');
    assert.match(run?.originalUriBaseIds?.['%SRCROOT%']?.uri ?? '', /^file:\/\/\/.*\/$/);
  });

  it('takes another source root, and names files outside of it in full', async () => {
    const { path: program } = compileFile(PROGRAM);
    const uri = async (root: string) => {
      const [run] = (await sarifOf(['--source-root', root, program, 'overflow'])).runs;
      return run?.results?.[0]?.locations?.[0]?.physicalLocation?.artifactLocation;
    };
    assert.deepEqual(await uri('cli'), { uri: 'test/programs/wrong.c', uriBaseId: '%SRCROOT%' });
    assert.deepEqual(await uri('webview'), { uri: `file://${PROGRAM}` });
  });

  it('gives a mistake the same fingerprint in the next run, and another mistake another one', async () => {
    const { path: program } = compileFile(PROGRAM);
    const prints = async () => {
      const [run] = (await sarifOf([program, 'double-free', 'often', 'overflow'])).runs;
      return run?.results?.map(({ partialFingerprints }) => partialFingerprints?.['spacesStacks/v1']);
    };
    const first = await prints();
    assert.deepEqual(first, await prints());
    assert.equal(first?.length, 3);
    assert.notEqual(first?.[0], first?.[2]);
  });

  it('tells the signal that ended the program', async () => {
    const { path: program } = compileFile(path.join(__dirname, 'programs/manners.c'));
    const [run] = (await sarifOf([program, 'signal', '6'])).runs;
    assert.equal(run?.invocations?.[0]?.exitSignalName, 'SIGABRT');
    assert.equal(run?.invocations?.[0]?.exitSignalNumber, 6);
  });
});
