// Fedify, and the least that joins its `fetch` to a port of node:http. Also what the scripts of bench/fedify/ import.
import { createServer } from "node:http";

export * from "@fedify/fedify";
export { importPem } from "@fedify/fedify/runtime";
export * as as from "@fedify/fedify/vocab";

const HOST = "127.0.0.1";

async function asRequest(incoming, origin) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = chunks.length ? Buffer.concat(chunks) : undefined;
  return new Request(origin + incoming.url, { method: incoming.method, headers: incoming.headers, body });
}

/** Answer on a port of loopback with `answer(request) → Response`, until the process is stopped. */
export function serve(port, answer) {
  const origin = `http://${HOST}:${port}`;
  const server = createServer(async (incoming, outgoing) => {
    try {
      const response = await answer(await asRequest(incoming, origin));
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(Buffer.from(await response.arrayBuffer()));
    } catch (error) {
      console.error(error);
      outgoing.writeHead(500).end();
    }
  });
  return new Promise((resolve) => server.listen(Number(port), HOST, () => resolve(origin)));
}
