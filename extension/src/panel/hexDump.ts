/** Memory as text: address, sixteen bytes, and the same as ASCII, a line. */

const WIDTH = 16;

export function hexDump(address: bigint, bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; start += WIDTH) {
    const row = [...bytes.subarray(start, start + WIDTH)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    const place = (address + BigInt(start)).toString(16).padStart(12, '0');
    lines.push(`0x${place}  ${hex.padEnd(WIDTH * 3 - 1)}  ${text}`);
  }
  return lines.join('\n');
}
