/**
 * l10n/bundle.l10n.json holds every text of the code, for translators. Write it
 * anew with `UPDATE_TEXTS=1 npx mocha extension/test/texts.test.ts`.
 */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

const root = path.resolve(__dirname, '../..');

/** First arguments of all calls of `t` in a folder. */
function textsIn(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      return textsIn(file);
    }
    const texts: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) {
        const callee = node.expression;
        const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText(source);
        const [text] = node.arguments;
        if (name === 't' && text) {
          assert.ok(ts.isStringLiteralLike(text), `${file}: ${text.getText(source)} is no plain text`);
          texts.push(text.text);
        }
      }
      ts.forEachChild(node, visit);
    };
    const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    visit(source);
    return texts;
  });
}

describe('texts', () => {
  it('are all in the bundle for translators, and no others', function () {
    this.timeout(30_000);
    const file = path.join(root, 'l10n/bundle.l10n.json');
    const found = ['extension/src', 'webview/src', 'adapter/src/protocol'].flatMap((folder) =>
      textsIn(path.join(root, folder)),
    );
    const texts = [...new Set(found)].sort();
    if (process.env['UPDATE_TEXTS']) {
      const bundle = Object.fromEntries(texts.map((text) => [text, text]));
      fs.writeFileSync(file, `${JSON.stringify(bundle, null, 2)}\n`);
    }
    assert.deepEqual(Object.keys(JSON.parse(fs.readFileSync(file, 'utf8')) as object).sort(), texts);
  });
});
