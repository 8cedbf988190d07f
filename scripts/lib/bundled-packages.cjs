/** A webpack plugin that writes down which packages of node_modules a bundle holds: NAME.packages.json beside it. */

/** "/…/node_modules/@a/b/node_modules/c/x.js" → "@a/b/node_modules/c": the folder below the outermost node_modules. */
function packageOf(file) {
  const folder = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
  return folder?.slice(folder.indexOf('/node_modules/') + '/node_modules/'.length);
}

/** The files of a module, and of those that were joined into it. */
function filesOf(module) {
  return [module.nameForCondition?.() ?? '', ...[...(module.modules ?? [])].flatMap(filesOf)];
}

class BundledPackages {
  constructor(name) {
    this.name = name;
  }

  apply(compiler) {
    const { Compilation, sources } = compiler.webpack;
    compiler.hooks.thisCompilation.tap('BundledPackages', (compilation) => {
      const stage = Compilation.PROCESS_ASSETS_STAGE_REPORT;
      compilation.hooks.processAssets.tap({ name: 'BundledPackages', stage }, () => {
        const used = [...compilation.modules].filter(
          (module) => compilation.chunkGraph.getNumberOfModuleChunks(module) > 0,
        );
        const names = used.flatMap(filesOf).map(packageOf);
        const found = [...new Set(names.filter((name) => name !== undefined))].sort();
        const text = `${JSON.stringify(found, null, 2)}\n`;
        compilation.emitAsset(`${this.name}.packages.json`, new sources.RawSource(text));
      });
    });
  }
}

module.exports = { BundledPackages, packageOf };
