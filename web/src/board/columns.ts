/** Points of strokes as text, as parts of a board bring them (docs/protocol.md, P26; signaling/columns.py writes it). */

/** The characters of printable ASCII from `!` on, without the two that JSON escapes. */
const QUOTE = 34;
const BACKSLASH = 92;
const FIRST = 33;
/** The first so many end a number; each of the others is a digit before it, the least first. */
const LAST = 60;
const DIGITS = 32;

/** Columns of `count` strokes -> of each x, y, pressure in turn. */
export function strokesOf(text: string, count: number): number[][] {
  const numbers = numbersOf(text);
  const counts = numbers.slice(0, count);
  const going = counts.reduce((sum, points) => sum + points, 0) - count;
  const places = [count, 2 * count, 3 * count, 3 * count + going, 3 * count + 2 * going, 4 * count + 2 * going];
  const [beginX, beginY, bendX, bendY, pressed, presses] = places as [number, number, number, number, number, number];
  let [x, y, pressure, at] = [0, 0, 0, 0]; // at: of what goes on within strokes
  return counts.map((points, stroke) => {
    x += numbers[beginX + stroke] as number;
    y += numbers[beginY + stroke] as number;
    pressure += numbers[pressed + stroke] as number;
    const told = [x, y, pressure];
    let [stepX, stepY, now] = [0, 0, pressure];
    for (let point = 1; point < points; point += 1, at += 1) {
      stepX += numbers[bendX + at] as number;
      stepY += numbers[bendY + at] as number;
      x += stepX;
      y += stepY;
      now += numbers[presses + at] as number;
      told.push(x, y, now);
    }
    return told;
  });
}

function numbersOf(text: string): number[] {
  const numbers: number[] = [];
  let digits = 0;
  let place = 1;
  for (let at = 0; at < text.length; at += 1) {
    const digit = digitOf(text.charCodeAt(at));
    if (digit >= LAST) {
      digits += (digit - LAST) * place;
      place *= DIGITS;
    } else {
      const folded = digits + digit * place;
      numbers.push(folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2);
      digits = 0;
      place = 1;
    }
  }
  return numbers;
}

function digitOf(code: number): number {
  return code - FIRST - Number(code > QUOTE) - Number(code > BACKSLASH);
}
