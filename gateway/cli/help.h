// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace msggw::cli {

// What stands below the options in --help: examples and exit codes.

inline constexpr std::string_view kFooter = R"(Start here:
  msggw demo                               everything on this machine, with sample devices
  msggw check --defaults > msggw.toml      the manual of all options, to be edited
  msggw check -c msggw.toml                what is wrong with it, what would be opened
  msggw run -c msggw.toml                  the gateway
  msggw why PRIVATE_ID -c msggw.toml       why a device is not where it should be
  msggw COMMAND --help                     more about one command

Exit codes: 0 it worked, 1 it did not or its output could not be written, 2 the command line or the
configuration is wrong; `msggw provision` tells more by 3, 4 and 5.)";

inline constexpr std::string_view kDemoFooter =
    R"(Prints the addresses, a table Private ID -> Service ID, and then a line `ready`. Ends on SIGINT or
SIGTERM.

Ports, all on 127.0.0.1:        default    with --port-base N
  CoAP                          5683/udp   N+0
  CoAPS                         5684/udp   N+1
  MQTT broker                   1883       N+2
  MQTT broker, TLS              8883       N+3
  operator's HTTP               8080       N+4
  MSGin5G-facing HTTPS          8443       N+5
  MSGin5G-facing cleartext      8081       N+6
  Provisioning Function, HTTP   7480       N+7
  Provisioning Function, HTTPS  7443       N+8
  Provisioning Function, CoAP   7483/udp   N+9
  Provisioning Function, CoAPS  7484/udp   N+10
  test SMSC, SMPP               2775       N+11
  test SMSC, HTTP for testers   2780       N+12
  MSGin5G Server double         7580       N+13
  the same, HTTP for testers    7581       N+14
N+15 to N+20 are reserved, so that demos 21 apart never meet.

Examples:
  msggw demo
  msggw demo --port-base 20000 --dir /tmp/first
  msggw demo --port-base 20021 --no-devices

Exit codes: 0 ended on request, 1 could not start or failed, 2 wrong command line.)";

inline constexpr std::string_view kRunFooter = R"(Examples:
  msggw run -c /etc/msggw/msggw.toml
  msggw run -c msggw.toml -s coap.port=15683 -s log.level=debug
  msggw run -c msggw.toml -s 'provisioning.uris=["http://127.0.0.1:7480"]'

Exit codes: 0 ended on request, 1 could not start or failed, 2 wrong command line or configuration.)";

inline constexpr std::string_view kFunctionFooter =
    R"(Without -c it has the default settings; see [pf] in etc/msggw.toml.

Examples:
  msggw pf -s pf.folder=/tmp/pf
  msggw pf -c /etc/msggw/msggw.toml
  msggw pf -c msggw.toml --explain 00-1B-63-84-45-E6 --gateway gw-1 --info vendor=Acme
  kill -HUP PID                            read its policy, gateways and certificates again
  curl -d '{"ueType":"NON_3GPP","privateId":"00-1B-63-84-45-E6"}' -H 'content-type: application/json' \
       http://127.0.0.1:7480/msgin5g-provisioning/v1/provisionings

--explain reads the policy file and, also beside a running Provisioning Function, the assignments on disk.

Exit codes: 0 ended on request, 1 could not start or failed, 2 wrong command line or configuration.)";

inline constexpr std::string_view kCheckFooter =
    R"(Prints every mistake as FILE:LINE: [section] key: what is wrong, what is allowed. If there is none, what
would be opened, where the address of the Provisioning Function comes from, and which ports are taken now.

Examples:
  msggw check -c /etc/msggw/msggw.toml
  msggw check --server -c /etc/msggw/msggw.toml
  msggw check --pf -c /etc/msggw/msggw.toml         as msggw pf would take it
  msggw check --defaults > msggw.toml

Exit codes: 0 the configuration is good, 1 that could not be printed, or a MSGin5G Server does not answer, 2 it is not.)";

inline constexpr std::string_view kProvisionFooter =
    R"(Types: ue a MSGin5G UE, as an Application Server, legacy a Legacy-3GPP UE, non3gpp a Non-3GPP UE.

Examples:
  msggw provision --type ue --private-id imei:490154203237518 --pf http://127.0.0.1:7480
  msggw provision --type non3gpp --private-id 00:1b:63:84:45:e6 --info vendor=Acme \
        --pf https://pf.example --ca ca.pem --json
  msggw provision --type as --private-id as-1 --pf coaps://pf.example --psk-identity gw-1 --encoding cbor
  msggw provision --type ue --private-id ue-7 --pf coap://127.0.0.1:7483 --message
  msggw provision --private-id ue-7 --pf http://127.0.0.1:7480 --get

With --json one object, whatever comes of it: outcome (provisioned, released, refused, unavailable, useless,
unknown), privateId, protocol, status, elapsedMs, and as far as there are any serviceId, serverServiceIds,
serviceInfo, lifetime, cause, detail, retryAfter.

Exit codes: 0 there is a Service ID, or it is released; 1 --get: there is no such Private ID; 2 wrong command
line or a certificate that cannot be used; 3 refused, the request is wrong or the policy is against it; 4 the
Provisioning Function cannot be reached or says "not now"; 5 its answer is of no use.)";

inline constexpr std::string_view kDevicesFooter =
    R"(list and show read the device table on disk, also beside a running gateway, as of its last commit. The others
speak to the running gateway by way of operator.json in its folder, and return when what they did is on disk.
Without -c and --dir it is the folder of /etc/msggw/msggw.toml, or the default one where there is no such file.

A removed device stays `removing` until the Provisioning Function has released its Service ID; if it refuses, show
and list say so. --force ends that: the device is forgotten, and its Service ID stays assigned there, so that whoever
shows up with that Private ID gets it again.

Examples:
  msggw devices list -c /etc/msggw/msggw.toml
  msggw devices list --dir /tmp/first --state recorded --limit 20
  msggw devices show 00-1B-63-84-45-E6 --json
  msggw devices add 00-1B-63-84-45-E6 --type legacy --info vendor=Acme -c /etc/msggw/msggw.toml
  msggw devices add 00-1B-63-84-45-E6 --alias +15551234567 -c /etc/msggw/msggw.toml
  msggw devices remove 00-1B-63-84-45-E6 --alias +15551234567 -c /etc/msggw/msggw.toml
  msggw devices remove --matching 'test-*' --source 192.0.2.7 -c /etc/msggw/msggw.toml
  msggw devices remove --idle-since 365d --yes -c /etc/msggw/msggw.toml
  msggw devices remove --force meter-42 -c /etc/msggw/msggw.toml
  msggw devices import fleet.csv -c /etc/msggw/msggw.toml
  msggw devices suspend 00-1B-63-84-45-E6 meter-42 -c /etc/msggw/msggw.toml

Exit codes: 0 it worked, 1 no such device, refused, or no gateway runs there, 2 wrong command line or
configuration.)";

inline constexpr std::string_view kCredentialFooter =
    R"(Speaks to the running gateway by way of operator.json in its folder, and returns when what it did is on disk.
Without -c and --dir it is the folder of /etc/msggw/msggw.toml, or the default one where there is no such file. No
secret stands on the command line, and none is ever shown again: a key is kept encrypted, of a password only a hash.

A key is 16 to 64 octets in hexadecimal digits, or text behind "text:". A device may have several credentials at
once, each with a time from which and until which it is good: give it the new one, then remove the old one. A list
is CSV (RFC 4180) with a header; its columns are private_id, and as wanted kind (psk, password or certificate; psk if
it is empty), name, key, hash (of a password, as docs/operator-api.md says), not_before and not_after. A row that is
wrong is reported with its line, and the rest goes on; the devices have been added before.

  private_id,name,key,not_after
  00:1b:63:84:45:e6,meter-42/2026,8f3a0c55d21b4e7790aa1b2c3d4e5f60,2027-01-31

Examples:
  openssl rand -hex 16 | tee key | msggw devices credential add meter-42 -c /etc/msggw/msggw.toml
  msggw devices credential add meter-42 --name meter-42/2027 --not-before 2027-01-01 --secret key
  msggw devices credential add meter-42 --kind certificate --name meter-42.example
  msggw devices credential list meter-42 -c /etc/msggw/msggw.toml
  msggw devices credential remove meter-42 7 -c /etc/msggw/msggw.toml
  msggw devices credential import keys.csv -c /etc/msggw/msggw.toml --rejected bad-rows.csv

Exit codes: 0 it worked, 1 no such device, refused, some rows are not taken, or no gateway runs there, 2 wrong command
line or configuration.)";

inline constexpr std::string_view kImportFooter =
    R"(CSV (RFC 4180) has a header; its columns are private_id, and as wanted type, aliases (other Private IDs of the
device, parted by ';') and info.NAME. JSONL has an object a line with privateId, and as wanted ueType, aliases
and info. Types are non3gpp (the default), legacy, ue and as.

  private_id,type,aliases,info.vendor                  {"privateId":"meter-42","info":{"vendor":"Acme"}}
  00:1b:63:84:45:e6,,+15551234567,"Acme, Inc."         {"privateId":"+15551234568","ueType":"legacy"}

A row that is wrong is reported with its line, and the rest goes on. --rejected FILE collects these rows as they are, but
for those of more than 16 KiB, in a list that can be corrected and imported. Devices that are known, in this or another
spelling, are passed over but for aliases that are new; so after an import was cut short it does no harm to begin it again.

Examples:
  msggw devices import fleet.csv -c /etc/msggw/msggw.toml --rejected bad-rows.csv
  zcat fleet.jsonl.gz | msggw devices import - --format jsonl --dir /tmp/first

Exit codes: 0 every row is in the table, 1 some are not, or no gateway runs there, 2 wrong command line or
configuration.)";

inline constexpr std::string_view kMessagesFooter =
    R"(Speaks to the running gateway by way of operator.json in its folder. Without -c and --dir it is the
folder of /etc/msggw/msggw.toml, or the default one where there is no such file. What a message carries is shown by `show --content` alone. A message that is removed ends as failed with the
cause REMOVED, and whoever asked for a report gets one; one that the device or the server has in hand is not removed,
for what becomes of it is known soon. Of several numbers all are removed, or, if one cannot be, none.

Examples:
  msggw messages list -c /etc/msggw/msggw.toml
  msggw messages list --device 00-1B-63-84-45-E6 --direction down --json
  msggw messages list --stage handed --limit 20
  msggw messages show 4711 -c /etc/msggw/msggw.toml
  msggw messages show 4711 --content -c /etc/msggw/msggw.toml
  msggw messages remove 4711 4712 -c /etc/msggw/msggw.toml
  msggw messages remove --device meter-42 --yes -c /etc/msggw/msggw.toml
  msggw why meter-42 -c /etc/msggw/msggw.toml       what its messages wait for

Exit codes: 0 it worked, 1 no such message or device, one is in hand, or no gateway runs there, 2 wrong command line
or configuration.)";

inline constexpr std::string_view kWhyFooter =
    R"(Says why the device has no Service ID (when it was last tried, what the answer was, when it is tried again), why
it is not registered at its MSGin5G Server, and what waits for it or from it, and for what. Speaks to the running
gateway by way of operator.json in its folder. Without -c and --dir it is the folder of /etc/msggw/msggw.toml, or the
default one where there is no such file.

Examples:
  msggw why 00-1B-63-84-45-E6 -c /etc/msggw/msggw.toml
  msggw why +15551234567 --dir /tmp/first --json

Exit codes: 0 it has been said, 1 no such device, or no gateway runs there, 2 wrong command line or configuration.)";

inline constexpr std::string_view kTraceFooter =
    R"(Shows how the messages stand that are meant, and the newest of what has happened to them, and to the device: the
gateway remembers the last 10,000 events of messages, and as many of devices, from its start on and in memory alone.
Without -c and --dir it is that of the folder in /etc/msggw/msggw.toml, or of the default one where there is no such file.

Examples:
  msggw trace 6fa459ea-ee8a-3ca4-894e-db77e160355e -c /etc/msggw/msggw.toml
  msggw trace 00-1B-63-84-45-E6 -c /etc/msggw/msggw.toml
  msggw trace n3g-abc@a.example --dir /tmp/first --json

Exit codes: 0 something is known, 1 nothing is, or no gateway runs there, 2 wrong command line or configuration.)";

inline constexpr std::string_view kReloadFooter =
    R"(All or nothing: the configuration, its secrets, certificates and lists are read and looked at as by
`msggw check`, and if anything is wrong all stays as it is: a certificate that has ended, which a start
would take, is refused too. Else what can change without a restart
does, and what cannot is named. SIGHUP does the same and says so in events.

The gateway is found as by `msggw status`.

Examples:
  msggw reload -c /etc/msggw/msggw.toml
  msggw reload --pf -c /etc/msggw/msggw.toml        the Provisioning Function
  msggw config diff -c /etc/msggw/msggw.toml        what it would do

Exit codes: 0 it is in force, but for what needs a restart, 1 nothing has changed, 2 wrong command line or
the folder's configuration.)";

inline constexpr std::string_view kConfigFooter =
    R"(`show` prints all options as they are in force with a file, the defaults too, as TOML; secrets are not
shown. With --origin behind each: default, FILE:LINE, command line, environment, or the file that holds
a secret; and `restart` where a reload does not take it over. Without -c it is /etc/msggw/msggw.toml, or
the defaults where there is no such file.

`diff` asks the running gateway what a reload would take over and what needs a restart; with two FILEs
it says the same of them.

Examples:
  msggw config show -c /etc/msggw/msggw.toml --origin
  msggw config diff -c /etc/msggw/msggw.toml
  msggw config diff /etc/msggw/msggw.toml new.toml

Exit codes: 0 it worked, 1 no gateway answers or what it would reload is wrong, 2 wrong command line or
configuration.)";

inline constexpr std::string_view kStatusFooter =
    R"(Speaks to the running gateway by way of operator.json in its folder. Without -c and --dir it is the
folder of /etc/msggw/msggw.toml, or the default one where there is no such file.

Examples:
  msggw status -c /etc/msggw/msggw.toml
  msggw status --pf -c /etc/msggw/msggw.toml        the Provisioning Function
  msggw status --dir /tmp/first --json

What is degraded stands first: `down`, or `limited` where it does its work with less than it should
have or for a few days only; why, as far as it is known now, and since when.

Exit codes: 0 nothing is down, 1 something is or nobody answers, 2 wrong command line or
configuration.)";

}  // namespace msggw::cli
