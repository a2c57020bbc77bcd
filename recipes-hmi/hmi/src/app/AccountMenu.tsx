import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { IconCheck, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { call, type Me } from '../api/call';
import { forget } from '../api/queries';
import { LANGUAGES, setLanguage, type Language } from '../i18n';

const SCHEMES = ['auto', 'light', 'dark'] as const;

/** Who is signed in, how the page looks, and the way out. */
export function AccountMenu({ me }: { me: Me }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useMutation({
    mutationFn: () => call('POST', 'sign-out'),
    // Whatever the answer.
    onSettled: () => {
      forget(client);
    },
  });
  const chosen = (is: boolean) => (is ? <IconCheck size={18} aria-hidden /> : <span style={{ width: 18 }} />);
  return (
    <Menu position="bottom-end" width={230} withinPortal>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          c="var(--muted)"
          size={48}
          radius="xl"
          aria-label={t('app.account')}
        >
          <IconUserCircle size={28} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.user} · {t('app.role', { role: t(`role.${me.role}`) })}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>{t('app.theme')}</Menu.Label>
        {SCHEMES.map((scheme) => (
          <Menu.Item
            key={scheme}
            mih={44}
            leftSection={chosen(scheme === colorScheme)}
            onClick={() => {
              setColorScheme(scheme);
            }}
          >
            {t(`theme.${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t('app.language')}</Menu.Label>
        {Object.entries(LANGUAGES).map(([language, name]) => (
          <Menu.Item
            key={language}
            mih={44}
            lang={language}
            leftSection={chosen(language === i18n.language)}
            onClick={() => void setLanguage(language as Language)}
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          mih={48}
          leftSection={<IconLogout size={18} aria-hidden />}
          onClick={() => {
            signOut.mutate();
          }}
        >
          {t('app.signOut')}
        </Menu.Item>
        <Menu.Label>{t('app.version', { version: me.version })}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}
