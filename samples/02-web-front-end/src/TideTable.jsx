import { useState } from 'react';

const TIDES = [
  { at: '03:12', height: 4.1 },
  { at: '09:31', height: 0.8 },
  { at: '15:40', height: 4.3 },
  { at: '21:58', height: 0.6 },
];

export function TideTable() {
  const [needed, setNeeded] = useState(2);
  return (
    <main>
      <h1>Is there water on the slipway?</h1>
      <label>
        Draught, metres
        <input type="number" value={needed} onChange={(e) => setNeeded(Number(e.target.value))} />
      </label>
      <ul>
        {TIDES.map(({ at, height }) => (
          <li key={at} className={height >= needed ? 'afloat' : 'aground'}>
            {at} {height.toFixed(1)} m
          </li>
        ))}
      </ul>
    </main>
  );
}
