/** A stroke's points as text, as parts of a board bring them (docs/protocol.md, P26; signaling/columns.py writes it). */

/** The characters of printable ASCII from `!` on, without the two that JSON escapes. */
const QUOTE = 34;
const BACKSLASH = 92;
const FIRST = 33;
/** The first so many end a number; each of the others is a digit before it, the least first. */
const LAST = 60;
const DIGITS = 32;

/** text: all x, all y, all pressures -> x, y, pressure in turn. */
export function pointsOf(text: string): number[] {
  const numbers = numbersOf(text);
  const count = numbers.length / 3;
  sum(numbers, 1, count); // bends to steps, and those to places; the first of each is one already
  sum(numbers, 0, count);
  sum(numbers, count + 1, 2 * count);
  sum(numbers, count, 2 * count);
  sum(numbers, 2 * count, numbers.length);
  const points: number[] = [];
  for (let at = 0; at < count; at += 1)
    points.push(numbers[at] as number, numbers[at + count] as number, numbers[at + 2 * count] as number);
  return points;
}

function sum(numbers: number[], begin: number, end: number): void {
  for (let at = begin + 1; at < end; at += 1) numbers[at] = (numbers[at] as number) + (numbers[at - 1] as number);
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
