import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const KEY = 'hview-theme';

function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === stored) ?? 'auto';
}

/** As the system has it, or one of its own; kept for the next visit. */
export function useTheme(): readonly [Theme, () => void] {
  const [theme, setTheme] = useState(storedTheme);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    localStorage.setItem(KEY, theme);
  }, [theme]);
  return [theme, () => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto')];
}

const DRAWINGS: Readonly<Record<Theme, string>> = {
  auto: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
  light:
    'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.3v1.4M8 13.3v1.4M1.3 8h1.4M13.3 8h1.4M3.3 3.3l1 1M11.7 11.7l1 1M3.3 12.7l1-1M11.7 4.3l1-1',
  dark: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z',
};

export function ThemeButton({
  theme,
  onNext,
}: {
  readonly theme: Theme;
  readonly onNext: () => void;
}): JSX.Element {
  const label = `Colours: ${theme === 'auto' ? 'as the system' : theme}`;
  return (
    <button type="button" class="icon-button" onClick={onNext} aria-label={label} title={`${label} (t)`}>
      <svg viewBox="0 0 16 16" class={`theme-${theme}`} aria-hidden={true}>
        <path d={DRAWINGS[theme]} />
      </svg>
    </button>
  );
}
