import './fonts.css';
import './mantine.css';
import './theme.css';

import { MantineProvider } from '@mantine/core';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Refusal } from './api/call';
import { forget } from './api/queries';
import { App } from './app/App';
import { startLanguages } from './i18n';
import { theme } from './theme';

/** A session that ended shows the sign-in, whichever request found out. */
const signedOut = (error: Error) => {
  if (error instanceof Refusal && error.code === 'not_signed_in') forget(client);
};

const client = new QueryClient({
  queryCache: new QueryCache({ onError: signedOut }),
  mutationCache: new MutationCache({ onError: signedOut }),
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: true } },
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

await startLanguages();
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
