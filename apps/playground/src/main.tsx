/** Starts the page. */
import { render } from 'preact';
import { App } from './app/app.tsx';
import { missingFeatures } from './app/features.ts';
import { watchRoute } from './app/route.ts';
import { Session } from './app/session.ts';
import { createTheme } from './app/theme.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/ui.css';

const root = document.querySelector('#app');
if (root === null) throw new Error('index.html has no #app');
const route = watchRoute(window);
render(<App session={new Session(route)} route={route} theme={createTheme(document.documentElement)} missing={missingFeatures()} />, root);
