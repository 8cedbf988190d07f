/**
 * The debug adapter: one session, DAP on stdin and stdout, log on stderr. With `--companion` it stands beside
 * another debugger that holds the program; with any other argument it answers a question and ends.
 */
import { CompanionSession } from './companion/session';
import { messageOf } from './errors';
import { COMPANION_FLAG } from './protocol';
import { answerQuestion } from './questions';
import { log } from './session/guarded';
import { SpacesDebugSession } from './session/session';

function serve(session: SpacesDebugSession | CompanionSession): void {
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
}

async function answer(question: string, args: readonly string[]): Promise<void> {
  try {
    process.stdout.write(`${JSON.stringify(await answerQuestion(question, args))}\n`);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

const [question, ...rest] = process.argv.slice(2);
if (question === undefined) {
  serve(new SpacesDebugSession());
} else if (question === COMPANION_FLAG) {
  serve(new CompanionSession());
} else {
  void answer(question, rest);
}
