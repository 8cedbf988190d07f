/** Whether a desktop VS Code can open a window here. */
import { onPath } from './steps.mjs';

/**
 * The `code` command, where it can show a window: on a display, or from a terminal of a remote VS Code window.
 * VS Code refuses to run as root on a display, so root gets the local one.
 */
export function desktopCode() {
  const code = onPath('code');
  const remoteTerminal = Boolean(process.env.VSCODE_IPC_HOOK_CLI);
  const display = Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY) && process.getuid() !== 0;
  return remoteTerminal || display ? code : undefined;
}
