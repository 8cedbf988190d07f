/** Live blocks by allocation stack in the formats of profilers: pprof's profile.proto and speedscope's JSON. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  Function,
  Line,
  Location,
  Profile,
  Sample as PprofSample,
  StringTable,
  ValueType,
} from 'pprof-format';
import type { Frame } from '../protocol';

/** One allocation stack, innermost frame first, with what lives of it. */
export interface Sample {
  frames: readonly Frame[];
  count: number;
  bytes: number;
}

const nameOf = (frame: Frame) => frame.function || frame.address;
const keyOf = (frame: Frame) => `${nameOf(frame)}\0${frame.source?.path ?? ''}\0${frame.line ?? 0}`;

/** As `pprof` reads it. */
export async function pprofOf(samples: readonly Sample[]): Promise<Buffer> {
  const strings = new StringTable();
  const type = (name: string, unit: string) =>
    new ValueType({ type: strings.dedup(name), unit: strings.dedup(unit) });
  const functions = new Map<string, Function>();
  const locations = new Map<string, Location>();
  const locationOf = (frame: Frame): Location => {
    const key = keyOf(frame);
    let location = locations.get(key);
    if (!location) {
      const file = frame.source?.path ?? frame.module;
      const functionKey = `${nameOf(frame)}\0${file}`;
      let own = functions.get(functionKey);
      if (!own) {
        const name = strings.dedup(nameOf(frame));
        own = new Function({
          id: functions.size + 1,
          name,
          systemName: name,
          filename: strings.dedup(file),
        });
        functions.set(functionKey, own);
      }
      location = new Location({
        id: locations.size + 1,
        address: BigInt(frame.address),
        line: [new Line({ functionId: own.id, line: frame.line ?? 0 })],
      });
      locations.set(key, location);
    }
    return location;
  };
  const profile = new Profile({
    sampleType: [type('inuse_objects', 'count'), type('inuse_space', 'bytes')],
    sample: samples.map(
      ({ frames, count, bytes }) =>
        new PprofSample({
          locationId: frames.map((frame) => locationOf(frame).id),
          value: [count, bytes],
        }),
    ),
    location: [...locations.values()],
    function: [...functions.values()],
    stringTable: strings,
    timeNanos: BigInt(Date.now()) * 1_000_000n,
    defaultSampleType: strings.dedup('inuse_space'),
  });
  return promisify(gzip)(profile.encode());
}

/** As speedscope reads it. */
export function speedscopeOf(samples: readonly Sample[]): string {
  const indices = new Map<string, number>();
  const frames: { name: string; file?: string; line?: number }[] = [];
  const indexOf = (frame: Frame): number => {
    const key = keyOf(frame);
    let index = indices.get(key);
    if (index === undefined) {
      index =
        frames.push({
          name: nameOf(frame),
          ...(frame.source ? { file: frame.source.path } : {}),
          ...(frame.line === undefined ? {} : { line: frame.line }),
        }) - 1;
      indices.set(key, index);
    }
    return index;
  };
  // Outermost first, as speedscope has it.
  const stacks = samples.map((sample) => [...sample.frames].reverse().map(indexOf));
  const profile = (name: string, unit: 'bytes' | 'none', weight: (sample: Sample) => number) => ({
    type: 'sampled',
    name,
    unit,
    startValue: 0,
    endValue: samples.reduce((sum, sample) => sum + weight(sample), 0),
    samples: stacks,
    weights: samples.map(weight),
  });
  return JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    shared: { frames },
    profiles: [
      profile('Live bytes', 'bytes', ({ bytes }) => bytes),
      profile('Live blocks', 'none', ({ count }) => count),
    ],
    name: 'Live heap',
    activeProfileIndex: 0,
    exporter: 'Spaces',
  });
}
