/** The one typeface, bundled: a county network has no Internet. The browser fetches only the subsets a page's text needs. */
import '@fontsource/noto-sans-sc/400.css';
import '@fontsource/noto-sans-sc/700.css';
