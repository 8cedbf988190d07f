/**
 * The bundles of the product: the debug adapter and the command line (Node), the extension (VS Code's extension
 * host) and the inspector panel (a web page). Types are checked by `npm run typecheck`; here they are only stripped.
 */
const path = require('path');
const MiniCssExtractPlugin = require('mini-css-extract-plugin');
const { BannerPlugin } = require('webpack');
const { BundledPackages } = require('./scripts/lib/bundled-packages.cjs');

const dist = path.join(__dirname, 'dist');

/** What every bundle shares; `folder` is the part of the product it is built from. */
function common(folder, development) {
  return {
    mode: development ? 'development' : 'production',
    devtool: development ? 'source-map' : false,
    context: __dirname,
    resolve: { extensions: ['.ts', '.js'] },
    module: {
      rules: [
        {
          test: /\.ts$/,
          exclude: /node_modules/,
          loader: 'ts-loader',
          options: {
            transpileOnly: true,
            configFile: path.join(__dirname, folder, 'tsconfig.json'),
            compilerOptions: { noEmit: false },
            instance: folder,
          },
        },
      ],
    },
    // The licences of what a bundle holds are passed on with it: scripts/lib/notices.mjs.
    plugins: [new BundledPackages(folder)],
    performance: { hints: false },
    stats: 'errors-warnings',
    cache: { type: 'filesystem', cacheDirectory: path.join(__dirname, '.cache/webpack'), name: folder },
  };
}

/** Native addons stand beside the bundle and are required at run time. */
function nativeAddons({ request }, callback) {
  const addon = /([\w-]+\.node)$/.exec(request);
  if (addon) {
    callback(null, `commonjs ./${addon[1]}`);
  } else {
    callback();
  }
}

module.exports = (_env, argv) => {
  const development = argv.mode === 'development';
  return [
    {
      ...common('adapter', development),
      name: 'adapter',
      target: 'node20',
      entry: './adapter/src/main.ts',
      output: { path: dist, filename: 'adapter.js', libraryTarget: 'commonjs2' },
      externals: [nativeAddons],
      node: { __dirname: false, __filename: false },
    },
    (() => {
      const base = common('cli', development);
      return {
        ...base,
        name: 'cli',
        target: 'node20',
        entry: './cli/src/main.ts',
        output: { path: dist, filename: 'spaces.js', libraryTarget: 'commonjs2' },
        externals: [nativeAddons],
        node: { __dirname: false, __filename: false },
        plugins: [...base.plugins, new BannerPlugin({ banner: '#!/usr/bin/env node', raw: true })],
      };
    })(),
    {
      ...common('extension', development),
      name: 'extension',
      target: 'node20',
      entry: './extension/src/extension.ts',
      output: { path: dist, filename: 'extension.js', libraryTarget: 'commonjs2' },
      externals: [{ vscode: 'commonjs vscode' }, nativeAddons],
    },
    (() => {
      const base = common('webview', development);
      return {
        ...base,
        name: 'webview',
        target: ['web', 'es2022'],
        // The icon font is a style sheet of its own: the widgets load it into their shadow roots.
        entry: { main: './webview/src/main.ts', codicon: '@vscode/codicons/dist/codicon.css' },
        output: {
          path: path.join(dist, 'webview'),
          filename: '[name].js',
          assetModuleFilename: '[name][ext]',
        },
        plugins: [...base.plugins, new MiniCssExtractPlugin({ filename: '[name].css' })],
        module: {
          rules: [
            ...base.module.rules,
            { test: /\.css$/, use: [MiniCssExtractPlugin.loader, 'css-loader'] },
            { test: /\.ttf$/, type: 'asset/resource' },
          ],
        },
      };
    })(),
  ];
};
