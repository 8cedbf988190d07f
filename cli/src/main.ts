/** The command line `spaces`: reads it, runs the command, and turns what goes wrong into a sentence and an exit code. */
import { exitCodeOf, sentenceOf } from './failures';
import { makeProgram } from './program';
import { errorStyle } from './terminal';

/** Set by the extension's wrapper, which runs us in VS Code's own runtime; not meant for the program. */
delete process.env['ELECTRON_RUN_AS_NODE'];

// A reader of our output that has gone away (`| head`) is no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

makeProgram((code) => {
  process.exitCode = code;
})
  .parseAsync()
  .catch((error: unknown) => {
    const sentence = sentenceOf(error);
    if (sentence !== '') {
      process.stderr.write(`${errorStyle().red('spaces:')} ${sentence}\n`);
    }
    process.exitCode = exitCodeOf(error, process.argv[2]);
  });
