// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { addCatalogs, setLanguage } from '@/i18n/language.svelte';
import words from '@/locales/zh-CN/admin-audit.json';
import { nobodyWords } from '@/pages/admin/audit/model';

test('what the server did, or who runs it, is not told as done by a stranger', () => {
  addCatalogs({ 'zh-CN': { 'admin-audit': words } });
  setLanguage('zh-CN');
  expect(nobodyWords({ role: 'server' })).toBe('服务器');
  expect(nobodyWords({ role: 'operator' })).toContain('命令行');
  expect(nobodyWords({ role: '' })).toBe('没登录的人');
});
