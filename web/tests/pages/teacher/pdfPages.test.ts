import { expect, test } from 'vitest';
import { pagesOf } from '@/pages/teacher/pdfPages';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const root = (count: number): string => `2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count ${count} >>\nendobj\n`;
const node = (count: number): string => `3 0 obj\n<</Count ${count}/Type/Pages/Parent 2 0 R>>\nendobj\n`;
const bookmarks = '9 0 obj\n<< /Type /Outlines /Count 99 >>\nendobj\n';

test('the root of the page tree says how many pages there are, and bookmarks are no pages', () => {
  expect(pagesOf(bytes(`%PDF-1.4\n${node(20)}${root(41)}${bookmarks}%%EOF`))).toBe(41);
});

test('a file that was changed and saved again is left to the server', () => {
  expect(pagesOf(bytes(`%PDF-1.4\n${root(41)}%%EOF\n${root(3)}%%EOF`))).toBeNull();
});

test('a compressed page tree is left to the server', () => {
  expect(pagesOf(bytes('%PDF-1.7\n1 0 obj\n<</Type/ObjStm/N 9>>stream\n\u00ff\u0001endstream\n%%EOF'))).toBeNull();
  expect(pagesOf(bytes(''))).toBeNull();
});

test('a linearized file says it at its beginning, as long as it is whole and unchanged', () => {
  const file = (length: number): string =>
    `%PDF-1.6\n1 0 obj\n<</Linearized 1/L ${length}/N 34/O 2>>\nendobj\n%%EOF\n%%EOF`;
  const { length } = file(10);
  expect(pagesOf(bytes(file(length)))).toBe(34);
  expect(pagesOf(bytes(`${file(length)} more`))).toBeNull();
});
