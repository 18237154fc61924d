import { connect } from "node:net";

/** Whether a server on this machine takes the password and answers PING; inline commands, so it needs no client. */
export function pingRedis(port: number, password: string | undefined, timeoutMs = 1_000): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let answer = "";
    const end = (result: boolean): void => {
      socket.destroy();
      done(result);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once("error", () => end(false));
    socket.once("close", () => done(false));
    socket.once("connect", () => socket.write(`${password ? `AUTH ${password}\r\n` : ""}PING\r\n`));
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (answer.includes("+PONG")) end(true);
      else if (answer.includes("-")) end(false);
    });
  });
}
