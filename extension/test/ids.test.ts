/** The ids in the code and those in package.json are the same, and every text is there. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DEBUG_TYPE, SIZE_PATTERN } from '../../adapter/src/protocol';
import {
  COMMANDS,
  CONTEXT_KEYS,
  PANEL_TYPE,
  PROBLEM_MATCHER,
  SETTINGS,
  TASK_TYPE,
  TREE_CONTEXT,
  VIEWS,
  WALKTHROUGH,
} from '../src/ids';

interface Manifest {
  activationEvents: string[];
  contributes: {
    commands: { command: string }[];
    debuggers: {
      type: string;
      configurationAttributes: { launch: { properties: Record<string, { anyOf?: { pattern?: string }[] }> } };
    }[];
    views: Record<string, { id: string }[]>;
    configuration: { properties: Record<string, unknown> };
    taskDefinitions: { type: string }[];
    problemMatchers: { name: string }[];
    menus: Record<string, { command: string }[]>;
    keybindings: { command: string; when: string }[];
    walkthroughs: {
      id: string;
      steps: { media: { markdown: string }; completionEvents: string[] }[];
    }[];
  };
}

const root = path.resolve(__dirname, '../..');
const text = fs.readFileSync(path.join(root, 'package.json'), 'utf8');
const manifest = JSON.parse(text) as Manifest;
const { contributes } = manifest;
const texts = JSON.parse(fs.readFileSync(path.join(root, 'package.nls.json'), 'utf8')) as Record<
  string,
  string
>;

describe('package.json', () => {
  it('declares exactly the commands of the code', () => {
    const declared = contributes.commands.map(({ command }) => command).sort();
    assert.deepEqual(declared, Object.values<string>(COMMANDS).sort());
  });

  it('puts only declared commands into menus', () => {
    const declared = new Set(contributes.commands.map(({ command }) => command));
    for (const [menu, items] of Object.entries(contributes.menus)) {
      for (const { command } of items) {
        assert.ok(declared.has(command), `${menu} names ${command}`);
      }
    }
  });

  it('declares the views, settings, task and problem matcher of the code', () => {
    assert.deepEqual(
      Object.values(contributes.views)
        .flat()
        .map(({ id }) => id),
      Object.values(VIEWS),
    );
    assert.deepEqual(Object.keys(contributes.configuration.properties).sort(), [
      `${SETTINGS.section}.${SETTINGS.inlinePointers}`,
      `${SETTINGS.section}.${SETTINGS.liveBytes}`,
      `${SETTINGS.section}.${SETTINGS.markDangling}`,
      `${SETTINGS.section}.${SETTINGS.gdbPath}`,
      `${SETTINGS.section}.${SETTINGS.openInspectorOnError}`,
      `${SETTINGS.section}.${SETTINGS.describePointers}`,
    ]);
    assert.deepEqual(
      contributes.taskDefinitions.map(({ type }) => type),
      [TASK_TYPE],
    );
    assert.deepEqual(
      contributes.problemMatchers.map(({ name }) => name),
      [PROBLEM_MATCHER],
    );
    assert.deepEqual(
      contributes.debuggers.map(({ type }) => type),
      [DEBUG_TYPE],
    );
  });

  it('asks nowhere for files of the own machine alone: in a remote window resources have another scheme', () => {
    const conditions = [...text.matchAll(/"when": "([^"]*resourceScheme[^"]*)"/g)].map(
      ([, one]) => one ?? '',
    );
    assert.ok(conditions.length > 0);
    for (const condition of conditions) {
      const pattern = /resourceScheme =~ \/([^/]+)\//.exec(condition)?.[1];
      assert.ok(pattern !== undefined, condition);
      assert.ok(new RegExp(pattern).test('file') && new RegExp(pattern).test('vscode-remote'), condition);
    }
  });

  it('uses only the context keys and view items that the code sets', () => {
    const known = new Set<string>([
      ...Object.values(CONTEXT_KEYS),
      ...Object.values(VIEWS),
      ...Object.values(TREE_CONTEXT),
      ...Object.values(COMMANDS),
    ]);
    const conditions = [...text.matchAll(/"(?:when|enablement)": "([^"]*)"/g)].map((match) => match[1] ?? '');
    assert.ok(conditions.length > 10);
    for (const condition of conditions) {
      for (const [key] of condition.matchAll(/spaces\.[\w.]+/g)) {
        assert.ok(known.has(key), `"${condition}" uses ${key}`);
      }
    }
  });

  it('binds keys to declared commands, in our own sessions only', () => {
    const declared = new Set(contributes.commands.map(({ command }) => command));
    for (const { command, when } of contributes.keybindings) {
      assert.ok(declared.has(command), command);
      assert.match(when, /debugType == 'spaces'/);
    }
  });

  it('has a walkthrough whose steps have their pages and name declared commands', () => {
    const [walkthrough] = contributes.walkthroughs;
    assert.equal(walkthrough?.id, WALKTHROUGH);
    const declared = new Set(contributes.commands.map(({ command }) => command));
    for (const step of walkthrough.steps) {
      assert.ok(fs.existsSync(path.join(root, step.media.markdown)), step.media.markdown);
      for (const event of step.completionEvents.filter((one) => one.startsWith('onCommand:'))) {
        assert.ok(declared.has(event.slice('onCommand:'.length)), event);
      }
    }
    for (const [name, value] of Object.entries(texts).filter(([key]) => key.startsWith('walkthrough.'))) {
      for (const [, command] of value.matchAll(/\]\(command:([\w.]+)\)/g)) {
        assert.ok(declared.has(command ?? ''), `${name} names ${command ?? ''}`);
      }
    }
  });

  it('wakes the extension for its debug type and its panel', () => {
    assert.ok(manifest.activationEvents.includes(`onDebugResolve:${DEBUG_TYPE}`));
    assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${PANEL_TYPE}`));
  });

  it('has every text that it names, and no other', () => {
    const named = [...text.matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? '').sort();
    assert.deepEqual([...new Set(named)], Object.keys(texts).sort());
  });

  it('describes every launch field that the contract has', () => {
    const protocol = fs.readFileSync(path.join(root, 'adapter/src/protocol/launch.ts'), 'utf8');
    const body = /export interface LaunchArguments \{([^}]*)\}/.exec(protocol)?.[1] ?? '';
    const fields = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map((match) => match[1] ?? '');
    const [spaces] = contributes.debuggers;
    assert.ok(fields.length > 10 && spaces);
    assert.deepEqual(Object.keys(spaces.configurationAttributes.launch.properties).sort(), fields.sort());
  });

  it('accepts the sizes that the contract accepts', () => {
    const properties = contributes.debuggers[0]?.configurationAttributes.launch.properties;
    const pattern = properties?.['heapLimit']?.anyOf?.find((choice) => choice.pattern)?.pattern;
    assert.ok(pattern);
    for (const size of [
      '4096',
      '256MB',
      '1.5 GiB',
      '64 k',
      '10 bytes',
      '',
      'MB',
      '12XB',
      '-1',
      '1e3',
      '5 mbb',
    ]) {
      assert.equal(new RegExp(pattern).test(size), SIZE_PATTERN.test(size), size);
    }
  });
});
