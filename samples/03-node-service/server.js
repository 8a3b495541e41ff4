import express from 'express';

const app = express();
const arrivals = [];

app.use(express.json());
app.get('/health', (_request, response) => response.json({ ok: true }));
app.get('/arrivals', (_request, response) => response.json(arrivals));
app.post('/arrivals', (request, response) => {
  arrivals.push({ ship: String(request.body.ship) });
  response.status(201).json(arrivals.at(-1));
});

const server = app.listen(Number(process.env.PORT), () =>
  console.log(`harbour-log ${process.env.APP_VERSION} listens on ${process.env.PORT}`),
);
process.on('SIGTERM', () => server.close());
