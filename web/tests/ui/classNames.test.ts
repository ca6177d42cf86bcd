import { describe, expect, it } from 'vitest';
import { classNames } from '@/ui/classNames';

describe('the names of classes to choose from', () => {
  const one = (id: string, grade: number, name: string) => ({ id, grade, name, pupils: 9 });
  const withGrade = ({ grade, name }: { grade: number; name: string }): string => `${grade}/${name}`;

  it('say the grade only where two are called alike', () => {
    const shown = classNames([one('a', 3, '三年级'), one('b', 4, '一班'), one('c', 5, '一班')], withGrade);
    expect(shown.map(({ label }) => label)).toEqual(['三年级', '4/一班', '5/一班']);
    expect(shown.map(({ value }) => value)).toEqual(['a', 'b', 'c']);
  });
});
