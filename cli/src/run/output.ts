/** Where a run's report goes: a file that is made before the program starts, stdout, or stderr. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { exportFailed } from '../../../adapter/src/errors';
import { toJson } from '../output/json';
import type { CountedReport, RunResult } from '../output/result';
import { toSarif } from '../output/sarif';
import { reportText, summaryText } from '../output/text';
import { errorStyle, styleOf, type Style } from '../terminal';
import pico from 'picocolors';

export type Format = 'text' | 'json' | 'sarif';

/** Reports as text, one after the other. */
export function renderText(reports: readonly CountedReport[], style: Style): string {
  return reports.map((report) => reportText(report, process.cwd(), style)).join('');
}

function document(result: RunResult, format: Format, style: Style): string {
  if (format === 'text') {
    return result.reports.length === 0
      ? ''
      : renderText(result.reports, style) + summaryText(result.reports, style);
  }
  return `${JSON.stringify(format === 'json' ? toJson(result) : toSarif(result), null, 2)}\n`;
}

export class ReportOutput {
  private constructor(
    private readonly format: Format,
    /** Undefined: stdout for documents, stderr for text. */
    private readonly file: string | undefined,
    private readonly descriptor: number | undefined,
  ) {}

  /** Opens the file, so that a path that cannot be written is told before the program runs. */
  static open({ report, output }: { report: Format; output?: string }): ReportOutput {
    if (output === undefined || output === '-') {
      return new ReportOutput(report, output, undefined);
    }
    const file = path.resolve(output);
    try {
      return new ReportOutput(report, file, fs.openSync(file, 'w', 0o644));
    } catch (error) {
      throw exportFailed(file, error);
    }
  }

  /** `textToo`: people at the terminal see the reports beside a document in a file. */
  write(result: RunResult, { textToo }: { textToo: boolean }): void {
    const { file, descriptor, format } = this;
    if (descriptor !== undefined) {
      try {
        fs.writeFileSync(descriptor, document(result, format, pico.createColors(false)));
        fs.closeSync(descriptor);
      } catch (error) {
        throw exportFailed(file ?? '', error);
      }
    } else if (format !== 'text' || file === '-') {
      process.stdout.write(document(result, format, styleOf(process.stdout)));
    }
    if (textToo && !(format === 'text' && file === '-')) {
      process.stderr.write(document(result, 'text', errorStyle()));
    }
  }
}
