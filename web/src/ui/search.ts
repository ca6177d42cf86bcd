/** Those of `rows` whose text has every word of `words`, in any order and case. */
export function matching<Row>(rows: readonly Row[], words: string, textOf: (row: Row) => string): readonly Row[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  return rows.filter((row) => {
    const text = textOf(row).toLocaleLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** `rows` by their text, as people of the language order it: numbers by their value. */
export function sorted<Row>(rows: readonly Row[], language: string, textOf: (row: Row) => string): readonly Row[] {
  const order = new Intl.Collator(language, { numeric: true });
  return [...rows].sort((one, other) => order.compare(textOf(one), textOf(other)));
}
