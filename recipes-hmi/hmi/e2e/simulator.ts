import { createConnection } from 'node:net';

/** One command to jp-sim's control socket: a line there, a line back. */
export async function simulate(
  socket: string,
  command: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const line = await new Promise<string>((answered, failed) => {
    const connection = createConnection(socket);
    let text = '';
    connection.setTimeout(10_000, () => connection.destroy(new Error(`${socket} does not answer`)));
    connection.on('error', failed);
    connection.on('data', (data) => {
      text += data.toString();
      const end = text.indexOf('\n');
      if (end < 0) return;
      connection.destroy();
      answered(text.slice(0, end));
    });
    connection.write(`${JSON.stringify(command)}\n`);
  });
  const answer = JSON.parse(line) as Record<string, unknown>;
  if (answer.ok !== true) throw new Error(`${JSON.stringify(command)}: ${line}`);
  return answer;
}
