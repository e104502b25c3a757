// SPDX-License-Identifier: Apache-2.0
// Every kind of mistake with the exact words it is told in.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/files/load.h"
#include "gateway/config/language/config_error.h"

namespace msggw::config_files::problems_test {
namespace {

std::string problems_of(std::string_view text) {
  try {
    load_text(text, "f", {}, config::Purpose::look);
  } catch (const config_language::ConfigError& error) {
    return error.what();
  }
  return {};
}

struct Bad {
  std::string text;
  std::string problem;
};

TEST_CASE("each mistake is told with its line, section, key and what is allowed") {
  const std::vector<Bad> table{
      {"[coap]\nprot = 1", "f:2: [coap] prot: unknown key, did you mean 'port'?"},
      {"[coap]\nmax_open_exchangs = 1",
       "f:2: [coap] max_open_exchangs: unknown key, did you mean 'max_open_exchanges'?"},
      {"[coap]\nuris = 1", "f:2: [coap] uris: unknown key here, it belongs to [msgin5g.server]"},
      {"[log]\nxyzzy = 1", "f:2: [log] xyzzy: unknown key, allowed are level, format, private_ids"},
      {"\n[gatway]\nfolder = \"x\"", "f:2: [gatway]: unknown section, did you mean [gateway]?"},
      {"[coap.dtls.x]\na = 1",
       "f:1: [coap.dtls]: unknown section, allowed are [gateway], [log], [admin], [limits], "
       "[credentials], [coap], [coap.secure], [mqtt], [sms], [messages], [msgin5g], [msgin5g.tls], "
       "[msgin5g.server], [msgin5g.limits], [provisioning], [provisioning.derived], "
       "[provisioning.http], "
       "[provisioning.coap], [provisioning.tls], [provisioning.wire], [pf], [pf.tls], [pf.coap], "
       "[pf.policy], [pf.wire], [pf.test]"},
      {"port = 1", "f:1: port: stands outside of any section, put it below its [section]"},
      {"coap = 1", "f:1: coap: must be a section, [coap], not an integer"},
      {"[[coap]]\nport = 1", "f:1: [[coap]]: must be one section, written [coap]"},
      {"[coap.port]\na = 1", "f:1: [coap] port: must be an integer, not a table"},
      {"[[coap.port]]\na = 1", "f:1: [coap] port: must be an integer, not a list of tables"},
      {"[coap]\nport = \"5683\"", "f:2: [coap] port: must be an integer, not a string"},
      {"[coap]\nport = 56.5", "f:2: [coap] port: must be an integer, not a fraction"},
      {"[coap]\nport = 2026-01-01", "f:2: [coap] port: must be an integer, not a date or time"},
      {"[coap]\nport = true", "f:2: [coap] port: must be an integer, not a truth value"},
      {"[coap]\nport = 65536", "f:2: [coap] port: 65536 is out of range, allowed are 0 to 65535"},
      {"[coap]\nport = -1", "f:2: [coap] port: -1 is out of range, allowed are 0 to 65535"},
      {"[coap]\nenabled = \"yes\"", "f:2: [coap] enabled: must be true or false, not a string"},
      {"[coap]\nmax_body_octets = \"4kb\"",
       "f:2: [coap] max_body_octets: '4kb' is not a size, write a whole number "
       "and KiB, MiB, GiB or TiB: \"64KiB\""},
      {"[coap]\nmax_body_octets = \"2MiB\"",
       "f:2: [coap] max_body_octets: 2MiB is out of range, allowed are 64 to "
       "1MiB"},
      {"[coap]\nmax_body_octets = true",
       "f:2: [coap] max_body_octets: must be a number of octets such as 500 or "
       "\"64KiB\", not a truth value"},
      {"[limits]\nanswer_within = 2",
       "f:2: [limits] answer_within: must be a duration such as \"500ms\", \"2s\" or "
       "\"25h\", not an integer"},
      {"[limits]\nanswer_within = \"2 s\"",
       "f:2: [limits] answer_within: '2 s' is not a duration, write a whole "
       "number and ms, s, m, h or d: \"2s\""},
      {"[limits]\nanswer_within = \"1d\"",
       "f:2: [limits] answer_within: 1d is out of range, allowed are 50ms to 1m"},
      {"[pf.coap]\ncoap_port = 5683\n[coap]\naddress = \"127.0.0.1\"",
       "f:2: [pf.coap] coap_port: 5683 is taken by [coap] port, every listener needs a port of its "
       "own"},
      {"[pf.coap]\ncoaps_port = 7480",
       "f:2: [pf.coap] coaps_port: 7480 is taken by [pf] port, every listener needs a port of its "
       "own"},
      {"[pf.coap]\ncoaps_port = 7483",
       "f:2: [pf.coap] coaps_port: 7483 is taken by [pf.coap] coap_port, every listener needs a "
       "port of its own"},
      {"[pf]\nrequire_known_gateway = true",
       "f:2: [pf] require_known_gateway: needs gateways_file beside it, or nobody could ask"},
      {"[pf]\nrequire_known_gateway = true\nallow_unknown_gateways = true\ngateways_file = \"g\"",
       "f:2: [pf] require_known_gateway: contradicts allow_unknown_gateways"},
      {"[limits]\nmin_lifetime = \"1500ms\"",
       "f:2: [limits] min_lifetime: 1500ms is not allowed, only whole seconds "
       "are"},
      {"[log]\nlevel = \"verbose\"",
       "f:2: [log] level: 'verbose' is unknown, allowed are debug, info, warn, error"},
      {"[log]\nlevel = 1",
       "f:2: [log] level: must be one of debug, info, warn, error, not an integer"},
      {"[gateway]\nfolder = \"\"", "f:2: [gateway] folder: must not be empty"},
      {"[gateway]\nfolder = \"a\\u0000b\"",
       "f:2: [gateway] folder: 'a\\x00b' holds control characters or is not UTF-8"},
      {"[provisioning]\nuris = \"http://127.0.0.1\"",
       "f:2: [provisioning] uris: must be a list of strings, not a "
       "string"},
      {"[provisioning]\nuris = [1]",
       "f:2: [provisioning] uris: must be a list of strings, not a list of other things"},
      {"[provisioning]\nuris = [\"\"]", "f:2: [provisioning] uris: has an empty item"},
      {"[coap]\nport = 1\nport = 2", "f:3: [coap] port: given twice, only one is allowed"},
      {"[coap]\n[coap]", "f:2: [coap]: given twice, only one is allowed"},
      {"[limits]\nanswer_within = 2s",
       "f:2: [limits] answer_within: not TOML: expected digit, saw 's' (text and "
       "values with a unit stand in quotation marks)"},
      {"[coap\nport = 1", "f:1: not TOML: expected ']', saw '\\n'"},
      {"[coap]\nport", "f:2: not TOML: encountered end-of-file"},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.text);
    CHECK(problems_of(bad.text) == bad.problem);
  }
}

TEST_CASE("options are checked together") {
  const std::vector<Bad> table{
      {"[coap]\naddress = \"host\"",
       "f:2: [coap] address: \"host\" is not a numeric address, allowed are IPv4 such as "
       "127.0.0.1 and IPv6 such as ::1"},
      {"[coap]\naddress = \"[::1]x\"",
       "f:2: [coap] address: \"[::1]x\" is not a numeric address, allowed are IPv4 such as "
       "127.0.0.1 and IPv6 such as ::1"},
      {"[pf.test]\naddress = \"localhost\"",
       "f:2: [pf.test] address: \"localhost\" is not a numeric address, allowed are IPv4 such as "
       "127.0.0.1 and IPv6 such as ::1"},
      {"[mqtt]\nhost = \"[::1\"", "f:2: [mqtt] host: the host \"[::1\" is no IPv6 address"},
      {"[mqtt]\nhost = \"127.1\"",
       "f:2: [mqtt] host: the host \"127.1\" is no IPv4 address of four numbers such as "
       "192.0.2.1, and no name ends in a number"},
      {"[mqtt]\nhost = \"/run/b\"\nca = \"ca.pem\"",
       "f:3: [mqtt] ca: has no use, there is no TLS over a unix socket"},
      {"[admin]\nhosts = [\"a:80\"]",
       "f:2: [admin] hosts: 'a:80': the host \"a:80\" is no IPv6 address"},
      {"[provisioning]\nuris = [\"http://user:secret@pf.example\"]",
       "f:2: [provisioning] uris: 'http://***@pf.example': the URI has an \"@\" in it: a user name "
       "and password have options of their own, and in a path it is written %40"},
      {"[admin]\nport = 7480",
       "f: [pf] port: 7480 is taken by [admin] port, every listener needs a port of its own"},
      {"[admin]\nport = 1883",
       "f:2: [admin] port: 1883 is taken by [mqtt] port, every listener needs a port of its "
       "own"},
      {"[limits]\nmin_lifetime = \"26h\"",
       "f:2: [limits] min_lifetime: 26h is more than default_lifetime, which is "
       "25h"},
      {"[limits]\nmax_lifetime = \"1h\"",
       "f: [limits] default_lifetime: 25h is more than max_lifetime, which is 1h"},
      {"[mqtt]\nreconnect_first = \"1m\"",
       "f:2: [mqtt] reconnect_first: 1m is more than reconnect_most, which is "
       "10s"},
      {"[provisioning]\nprobe_first = \"1s\"",
       "f:2: [provisioning] probe_first: 1s is more than probe_most, which is "
       "800ms"},
      {"[mqtt]\ntopic_prefix = \"a/#\"",
       "f:2: [mqtt] topic_prefix: 'a/#' cannot begin topics, allowed are levels "
       "parted by '/', none of them empty, without '+', '#' or a '$' in front"},
      {"[mqtt]\nshared_group = \"a/b\"",
       "f:2: [mqtt] shared_group: 'a/b' holds '/', '+' or '#', which is not allowed"},
      {"[mqtt]\npassword = \"x\"", "f:2: [mqtt] password: needs a user beside it"},
      {"[mqtt]\nport = 0", "f:2: [mqtt] port: 0 is not a port of a broker, allowed are 1 to 65535"},
      {"[mqtt]\nkey = \"x\"", "f:2: [mqtt] key: needs certificate beside it"},
      {"[mqtt]\nkey = \"x\"\ncertificate = \"y\"",
       "f:3: [mqtt] certificate: needs ca beside it, since without it "
       "there is no TLS"},
      {"[provisioning]\nmcc = \"23\"\nmnc = \"15\"",
       "f:2: [provisioning] mcc: '23' is not a country code, allowed "
       "are three digits"},
      {"[provisioning]\nmcc = \"234\"\nmnc = \"1x\"",
       "f:3: [provisioning] mnc: '1x' is not a network code, allowed "
       "are two or three digits"},
      {"[provisioning]\nmcc = \"234\"", "f:2: [provisioning] mcc: needs mnc beside it"},
      {"[provisioning]\nmnc = \"15\"", "f:2: [provisioning] mnc: needs mcc beside it"},
      {"[provisioning]\nuris = [\"http://pf.example\"]",
       "f:2: [provisioning] uris: 'http://pf.example' would be spoken to in cleartext over the "
       "network, use https or "
       "set allow_cleartext = true"},
      {"[provisioning]\nuris = [\"http://127.0.0.1.example\"]",
       "f:2: [provisioning] uris: 'http://127.0.0.1.example' would be spoken to in cleartext over "
       "the network, use "
       "https or set allow_cleartext = true"},
      {"[provisioning]\nuris = [\"coap+tcp://pf.example\"]",
       "f:2: [provisioning] uris: 'coap+tcp://pf.example' would be spoken to in cleartext over the "
       "network, use coaps+tcp or set allow_cleartext = true"},
      {"[provisioning]\nuris = [\"coap://pf.example\"]",
       "f:2: [provisioning] uris: 'coap://pf.example' would be spoken to in cleartext over the "
       "network, use coaps or set allow_cleartext = true"},
      {"[provisioning]\nuris = [\"pf.example\"]",
       "f:2: [provisioning] uris: 'pf.example': it is not an absolute URI such as "
       "https://host:port"},
      {"[provisioning]\nuris = [\"ftp://a\"]",
       "f:2: [provisioning] uris: 'ftp://a': the scheme \"ftp\" is not spoken here: use https://, "
       "http://, coaps://, coap://, coaps+tcp:// or coap+tcp://"},
      {"[provisioning]\nuris = [\"https://:1\"]",
       "f:2: [provisioning] uris: 'https://:1': the URI has no host"},
      {"[provisioning]\nuris = [\"https://a:99999\"]",
       "f:2: [provisioning] uris: 'https://a:99999': the port \"99999\" is not in 1 to 65535"},
      {"[provisioning]\nuris = [\"https://a?b\"]",
       "f:2: [provisioning] uris: 'https://a?b': there is a query or fragment, which has no "
       "meaning here"},
      {"[provisioning]\nmcc = \"234\"\nmnc = \"15\"\n[provisioning.derived]\nscheme = \"http\"",
       "f:5: [provisioning.derived] scheme: the derived address would be spoken to in cleartext "
       "over "
       "the network, use https or set allow_cleartext = true"},
      {"[provisioning.derived]\nlabel = \"-a\"",
       "f:2: [provisioning.derived] label: the label \"-a\" is no DNS name"},
      {"[provisioning.derived]\npath = \"a\"",
       "f:2: [provisioning.derived] path: the path \"a\" does not begin with /"},
      {"[provisioning.derived]\npath = \"/a?b\"",
       "f:2: [provisioning.derived] path: there is a query or fragment, which has no meaning "
       "here"},
      {"[provisioning]\npsk_identity = \"gw\"",
       "f:2: [provisioning] psk_identity: needs psk_key or psk_key_file beside it"},
      {"[provisioning]\npsk_key = \"k\"",
       "f:2: [provisioning] psk_key: needs psk_identity beside it"},
      {"[provisioning]\npsk_key_file = \"k\"",
       "f:2: [provisioning] psk_key_file: needs psk_identity beside it"},
      {"[provisioning]\npsk_identity = \"gw\"\npsk_key = \"k\"\npsk_key_file = \"f\"",
       "f:4: [provisioning] psk_key_file: stands beside psk_key, only one of them is allowed"},
      {"[provisioning]\nbulk_most = 257",
       "f:2: [provisioning] bulk_most: 257 is more than bulk_items of [provisioning.wire], which "
       "is "
       "256"},
      {"[provisioning.tls]\ncertificate = \"a\"",
       "f:2: [provisioning.tls] certificate: needs key beside it"},
      {"[pf]\nfolder = \"/var/lib/./msggw\"",
       "f:2: [pf] folder: is the folder of the gateway too, each needs its own"},
      {"[pf]\naddress = \"0.0.0.0\"",
       "f:2: [pf] address: '0.0.0.0' is open to the network, name a certificate in "
       "[pf.tls] or set allow_cleartext = true"},
      {"[pf.tls]\nclient_ca = \"x\"", "f:2: [pf.tls] client_ca: needs certificate beside it"},
      {"[pf.policy]\nservice_id_template = \"x\"",
       "f:2: [pf.policy] service_id_template: 'x' makes no Service IDs, "
       "allowed is text without spaces with {id} once and {type} as an "
       "addition"},
      {"[pf.policy]\nservice_id_template = \"{id}{id}\"",
       "f:2: [pf.policy] service_id_template: '{id}{id}' makes no "
       "Service IDs, allowed is text without spaces with {id} once "
       "and {type} as an addition"},
      {"[pf.wire]\nservice_id_octets = 30",
       "f: [pf.policy] service_id_template: makes Service IDs of 40 octets, "
       "allowed are at most service_id_octets of [pf.wire], 30"},
      {"[pf.policy]\nserver_service_ids = []",
       "f:2: [pf.policy] server_service_ids: is empty, every response needs at "
       "least one"},
      {"[pf.policy]\nservice_info = '[1]'",
       "f:2: [pf.policy] service_info: is not a JSON object, allowed is one such "
       "as '{\"segmentSize\":2048}' or nothing"},
      {"[pf.policy]\nservice_info = '{\"a\":1}'\n[pf.wire]\nservice_info_octets = 5",
       "f:2: [pf.policy] service_info: is longer than service_info_octets of "
       "[pf.wire] allows, 5"},
      {"[pf.policy]\nservice_info = '{\"segmentSize\":1}'\nsegment_size = 2",
       "f:3: [pf.policy] segment_size: 2 differs from the segmentSize in service_info, which is 1, "
       "say it in one place"},
      {"[pf.policy]\nsegment_size = \"2MB\"",
       "f:2: [pf.policy] segment_size: '2MB' is not a size, write a whole number and KiB, MiB, GiB "
       "or TiB: \"64KiB\""},
      {"[pf.policy]\nlifetime = \"3651d\"",
       "f:2: [pf.policy] lifetime: 3651d is out of range, allowed are 0s to 3650d"},
      {"[pf.policy]\nserver_service_ids = [\"a\", \"b\"]\n[pf.wire]\nserver_service_ids = 1",
       "f:2: [pf.policy] server_service_ids: has more items than server_service_ids of [pf.wire] "
       "allows in a response, 1, shorten the list or set servers_told"},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.text);
    CHECK(problems_of(bad.text) == bad.problem);
  }
}

}  // namespace
}  // namespace msggw::config_files::problems_test
