/** Distinguishable in light and dark, and with the common forms of colour blindness (Okabe and Ito, 2008). */
export const palette: readonly string[] = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#d55e00',
  '#cc79a7',
  '#56b4e9',
  '#8f8f00',
  '#8a6fd1',
];
