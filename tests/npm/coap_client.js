// SPDX-License-Identifier: Apache-2.0
// A CoAP client, node-coap, driven by lines: a request comes as JSON on standard input,
//   {"id","method","port","path","query","type","accept","observe","block","payload"}   block: SZX, to be sent in blocks
// and each answer and notification to it goes to standard output, {"id","code","location","etag","payload"}.
'use strict';
const coap = require('coap');
const readline = require('node:readline');

// node-coap takes an ETag for text, which octets do not survive.
coap.registerOption('ETag', (octets) => octets, (octets) => octets);

function tell(id, response, payload) {
  const values = (name) => response.options.filter((o) => o.name === name).map((o) => o.value);
  const line = {
    id,
    code: response.code,
    location: values('Location-Path').map(String),
    etag: values('ETag').map((tag) => tag.toString('hex'))[0],
    payload: payload.toString(),
  };
  process.stdout.write(JSON.stringify(line) + '\n');
}

function ask({ id, method, port, path, query, type, accept, observe, block, payload }) {
  const request = coap.request({ host: '127.0.0.1', port, method, pathname: path, query, observe });
  if (type) request.setOption('Content-Format', type);
  if (accept) request.setOption('Accept', accept);
  if (block !== undefined) request.setOption('Block1', Buffer.of(block));
  request.on('error', (error) => tell(id, { code: String(error), options: [] }, ''));
  request.on('response', (response) => {
    tell(id, response, response.payload);
    // Of an observation the first answer came with the event, and comes as data once more.
    let first = true;
    if (observe) response.on('data', (data) => (first ? (first = false) : tell(id, response, data)));
  });
  request.end(payload);
}

readline.createInterface({ input: process.stdin }).on('line', (line) => ask(JSON.parse(line)));
process.stdout.write('ready\n');
