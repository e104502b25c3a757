// SPDX-License-Identifier: Apache-2.0
// A device's MQTT client, MQTT.js, driven by lines: mqtt_client.js PORT ID VERSION OPTIONS connects with the Will of a device and
// hears all that is said to it. A publication comes as JSON on standard input, {"topic","payload","retain"}; what is heard
// goes to standard output, {"topic","payload"}. Topics are below msgin5g/ID/. OPTIONS, JSON, are more of MQTT.js; ca, cert and key
// name files.
'use strict';
const fs = require('node:fs');
const mqtt = require('mqtt');
const readline = require('node:readline');

const [port, id, version, options] = process.argv.slice(2);
const more = JSON.parse(options);
for (const file of ['ca', 'cert', 'key']) {
  if (more[file]) more[file] = fs.readFileSync(more[file]);
}
const below = `msgin5g/${id}/`;
const client = mqtt.connect(`${more.ca ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`, {
  ...more,
  clientId: id,
  protocolVersion: Number(version),
  will: { topic: below + 'status', payload: Buffer.from('offline'), qos: 1, retain: true },
});

client.on('message', (topic, payload) => {
  process.stdout.write(JSON.stringify({ topic: topic.slice(below.length), payload: payload.toString() }) + '\n');
});

client.once('connect', async () => {
  await client.subscribeAsync(['registration', 'ack', 'down', 'reports'].map((name) => below + name), { qos: 1 });
  process.stdout.write('ready\n');
});

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { topic, payload, retain } = JSON.parse(line);
  client.publish(below + topic, payload, { qos: 1, retain });
});
