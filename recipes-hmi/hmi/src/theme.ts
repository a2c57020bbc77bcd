import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** The house colour; OEMs replace it by theirs (HMI-7). */
const volt: MantineColorsTuple = [
  '#e6f9f3',
  '#c9f0e3',
  '#98e2c9',
  '#63d3ad',
  '#36c494',
  '#17b381',
  '#0a9a6d',
  '#087a57',
  '#086147',
  '#054a36',
];

/** Greys with a little blue, so that dark reads as night and not as switched off. */
const dark: MantineColorsTuple = [
  '#e8eef4',
  '#c3ced9',
  '#9fb0c1',
  '#6d8093',
  '#35424f',
  '#2a3642',
  '#1d2731',
  '#151c24',
  '#0d1218',
  '#090d12',
];

export const theme = createTheme({
  primaryColor: 'volt',
  primaryShade: { light: 7, dark: 7 },
  colors: { volt, dark },
  fontFamily:
    "'Inter Variable', 'Noto Sans Devanagari Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  headings: { fontWeight: '620' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
});
