/** Lint rules: typed rules of typescript-eslint, and the directions in which the parts may import one another. */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Forbids imports that match `regex`, saying why. */
function forbid(files, ...patterns) {
  return {
    files,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: patterns.map(([regex, message]) => ({ regex, message })) },
      ],
    },
  };
}

const NOT_THE_CONTRACT = '(^|/)adapter/(?!src/protocol(/|$))';
const cdtIndex = [
  '^cdt-gdb-adapter(/dist(/index)?)?$',
  'Its index loads serialport; import the file itself.',
];

export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'dist/',
      'out/',
      '.cache/',
      '.vscode-test/',
      'test/out/',
      'native/',
      'samples/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['**/test/**/*.ts', '**/*.test.ts', 'test/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'console',
          'process',
          'require',
          'module',
          '__dirname',
          '__filename',
          'Buffer',
          'URL',
          'fetch',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'AbortController',
          'performance',
          'URLSearchParams',
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
  forbid(
    ['adapter/**/*.ts'],
    ['(^|/)(extension|webview|cli)(/|$)', 'The adapter knows no user interface.'],
    ['^vscode$', 'The adapter runs outside VS Code.'],
    cdtIndex,
  ),
  forbid(
    ['adapter/src/protocol/**/*.ts'],
    ['^(?!\\./)', 'The wire contract imports nothing but itself: every part depends on it.'],
  ),
  forbid(
    ['cli/src/**/*.ts'],
    [
      '(^|/)adapter/src/(?!(errors|protocol|launch|reports|symbols|heap|reader|core|leaks|attach/process)(/|$))',
      "The command line shares the adapter's model; a debug session and gdb's own language are none of its business.",
    ],
    ['(^|/)(extension|webview)(/|$)', 'The command line runs without VS Code.'],
    ['^vscode$', 'The command line runs without VS Code.'],
  ),
  forbid(
    ['extension/**/*.ts'],
    ['(^|/)cli/', 'The extension and the command line know nothing of one another.'],
    [NOT_THE_CONTRACT, 'The extension talks to the adapter through adapter/src/protocol only.'],
    ['(^|/)webview/', 'The extension talks to the panel through messages only.'],
    ['^cdt-gdb-adapter', 'gdb is the business of the adapter.'],
  ),
  forbid(
    ['webview/**/*.ts'],
    [NOT_THE_CONTRACT, 'The panel knows adapter/src/protocol only.'],
    ['(^|/)(extension|cli)/', 'The panel talks to the extension through messages only.'],
    ['^(vscode|node:.*|fs|path|os|child_process)$', 'The panel is a web page.'],
  ),
  {
    files: ['webview/test/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '(^|/)extension/', message: 'Test the panel without the extension.' }] },
      ],
    },
  },
);
