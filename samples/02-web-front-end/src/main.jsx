import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { TideTable } from './TideTable.jsx';
import './style.css';

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <TideTable />
  </StrictMode>,
);
