// SPDX-License-Identifier: Apache-2.0
// A CoAP server, node-coap, on 127.0.0.1 and the port that is its argument. It answers all that comes with 2.04, and each goes to
// standard output: {"method","path","payload"}.
'use strict';
const coap = require('coap');

const server = coap.createServer((request, response) => {
  if (!request.method) return response.reset(); // an empty message, which asks whether anybody is here
  const line = { method: request.method, path: request.url, payload: request.payload.toString() };
  process.stdout.write(JSON.stringify(line) + '\n');
  response.code = '2.04';
  response.end();
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('ready\n'));
