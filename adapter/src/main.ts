/** The debug adapter: one session, DAP on stdin and stdout, log on stderr. */
import { messageOf } from './errors';
import { log } from './session/guarded';
import { SpacesDebugSession } from './session/session';

const session = new SpacesDebugSession();

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => session.shutdown());
}
process.on('exit', () => session.endNow());
process.on('unhandledRejection', (error) => log(`unhandled: ${messageOf(error)}`));
process.on('uncaughtException', (error) => {
  // A client that has closed its end cannot be told anything any more.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') {
    session.shutdown();
  } else {
    log(`uncaught: ${error.stack ?? messageOf(error)}`);
  }
});
process.stdout.on('error', () => session.shutdown());

session.start(process.stdin, process.stdout);
