import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
    strictKeyChecks: true;
  }
}

/** The languages in their own words. English comes with the page, the others when they are chosen. */
export const LANGUAGES = { en: 'English', de: 'Deutsch', hi: 'हिन्दी' } as const;
export type Language = keyof typeof LANGUAGES;

const STORED = 'joulepoint.language';
const LAZY = {
  de: () => import('./de.json'),
  hi: () => import('./hi.json'),
};

const isLanguage = (text: string | null | undefined): text is Language =>
  text !== null && text !== undefined && text in LANGUAGES;

export async function setLanguage(language: Language): Promise<void> {
  if (language !== 'en' && !i18next.hasResourceBundle(language, 'translation')) {
    const texts = await LAZY[language]();
    i18next.addResourceBundle(language, 'translation', texts.default);
  }
  await i18next.changeLanguage(language);
  localStorage.setItem(STORED, language);
  document.documentElement.lang = language;
}

export async function startLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: en } },
    // React escapes.
    interpolation: { escapeValue: false },
  });
  const stored = localStorage.getItem(STORED);
  const browser = navigator.language.split('-')[0];
  const wanted = [stored, browser].find(isLanguage);
  if (wanted !== undefined && wanted !== 'en') await setLanguage(wanted);
}
