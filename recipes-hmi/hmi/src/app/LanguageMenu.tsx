import { Button, Menu } from '@mantine/core';
import { IconLanguage } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { LANGUAGES, setLanguage, type Language } from '../i18n';

export function LanguageMenu() {
  const { t, i18n } = useTranslation();
  return (
    <Menu position="top" withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          c="var(--muted)"
          h={48}
          leftSection={<IconLanguage size={20} aria-hidden />}
        >
          <span className="sr">{t('app.language')}</span>
          {LANGUAGES[i18n.language as Language]}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.entries(LANGUAGES).map(([language, name]) => (
          <Menu.Item
            key={language}
            mih={48}
            lang={language}
            onClick={() => void setLanguage(language as Language)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
