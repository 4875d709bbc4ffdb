import { createRoot } from 'react-dom/client';
import { App } from './app.jsx';
import { follow } from './live/router.js';
import { applyTheme } from './live/theme.js';
import { Toasts } from './parts/toasts.jsx';
import './styles/base.css';
import './styles/frame.css';
import './styles/parts.css';
import './styles/pages.css';
import './styles/toasts.css';

applyTheme();
follow();

/** @param {string} id */
const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
createRoot(place('root')).render(<App />);
// Beside the page, not in it: what pushes may say of looks reaches nothing else.
createRoot(place('toasts')).render(<Toasts />);
