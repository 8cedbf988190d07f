/** Starts the system's lldb-dap for the debug type that LLVM's own extension has. */
const fs = require('node:fs');
const vscode = require('vscode');

const CANDIDATES = ['/usr/bin/lldb-dap', '/usr/bin/lldb-dap-19'];

module.exports.activate = (context) => {
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory('lldb-dap', {
      createDebugAdapterDescriptor: () =>
        new vscode.DebugAdapterExecutable(CANDIDATES.find((file) => fs.existsSync(file)) ?? 'lldb-dap'),
    }),
  );
};
