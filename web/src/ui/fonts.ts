/**
 * The one typeface, bundled: a county network has no Internet.
 *
 * Our own words come in one small font a weight (plugins/pageFont), there before they are needed. What people type, names
 * and titles, comes from slices of the whole typeface, each fetched when a page shows one of its characters; the list of
 * the slices is long, and no page waits for it.
 */
import 'virtual:page-font.css';
import regular from '@fontsource/noto-sans-sc/400.css?url';
import bold from '@fontsource/noto-sans-sc/700.css?url';

for (const address of [regular, bold]) {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = address;
  link.fetchPriority = 'low';
  document.head.append(link);
}
