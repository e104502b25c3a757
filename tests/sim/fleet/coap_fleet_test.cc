// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/coap_fleet.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/sim/fleet/udp_responder.h"

namespace msggw::fleet {
namespace {

/// A request as the responder sees it: where its answer goes, and who asks.
struct Seen {
  std::string mid_and_token;
  std::string ep;
};

Seen seen(std::string_view request) {
  const auto at = request.find("ep=");
  const auto end = request.find_first_of("\xff\x05\xd4", at);
  return {std::string(request.substr(2, 10)), std::string(request.substr(at + 3, end - at - 3))};
}

bool is_request(std::string_view datagram) {
  return datagram.size() > 12 && datagram[1] == 0x02;
}

std::string piggybacked(const Seen& to, char code, std::string_view options,
                        std::string_view body) {
  std::string out = "\x68";
  out += code;
  out += to.mid_and_token;
  out += options;
  if (!body.empty()) out.append("\xff").append(body);
  return out;
}

std::string registration(const std::string& ep) {
  return R"({"privateId":")" + ep + R"(","serviceId":"sid-of-)" + ep + R"(","state":"registered"})";
}

constexpr char kCreated = 0x41;
constexpr char kChanged = 0x44;
constexpr char kForbidden = static_cast<char>(0x83);
constexpr char kNotFound = static_cast<char>(0x84);
constexpr char kUnavailable = static_cast<char>(0xa3);
constexpr std::string_view kMaxAge0 = "\xd0\x01";  // option 14, no octets: 0 seconds
// The head of an Echo of four octets (option 252): as the first option, and behind queries.
constexpr const char* kEchoInAnswer = "\xd4\xef";
constexpr const char* kEchoInRequest = "\xd4\xe0";
constexpr std::string_view kPendingBody = R"({"state":"pending","retryAfter":0})";

std::vector<std::string> register_all(std::string_view datagram) {
  if (!is_request(datagram)) return {};
  const Seen request = seen(datagram);
  return {piggybacked(request, kCreated, "", registration(request.ep))};
}

Options options_for(const UdpResponder& responder, std::uint64_t devices) {
  Options o;
  o.coap = responder.address();
  o.devices = devices;
  o.quiet = true;
  o.timeout = std::chrono::seconds(20);
  return o;
}

Tally run_fleet(Options options) {
  complete(options);
  Campaign campaign(options);
  CoapFleet(campaign).run();
  return campaign.finish();
}

struct TemporaryFile {
  std::string path = "/tmp/msggw-fleet-test-" + std::to_string(getpid());
  ~TemporaryFile() { std::remove(path.c_str()); }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
};

TEST_CASE("every device registers in every round") {
  UdpResponder responder(register_all);
  Options o = options_for(responder, 300);
  o.rounds = 3;
  o.window = 64;
  const Tally tally = run_fleet(o);
  CHECK(tally.requests == 900);
  CHECK(tally.registered == 900);
  CHECK(tally.all_registered());
  CHECK(tally.latency.count() == 900);
}

TEST_CASE("devices renew where they were told, and claim anew where that is gone") {
  std::atomic<int> claims = 0;
  std::atomic<int> renewals = 0;
  UdpResponder responder([&](std::string_view datagram) -> std::vector<std::string> {
    if (!is_request(datagram)) return {};
    const Seen request = seen(datagram);
    if (datagram.find("ep=") != datagram.npos) {
      ++claims;
      return {piggybacked(request, kCreated, "\x82rd\x04lamp", registration(request.ep))};
    }
    CHECK(datagram.substr(12) == "\xb2rd\x04lamp");
    return {piggybacked(request, ++renewals == 2 ? kNotFound : kChanged, "", "")};
  });
  Options o = options_for(responder, 1);
  o.rounds = 5;
  o.window = 1;
  o.renew = true;
  CHECK(run_fleet(o).registered == 4);
  CHECK(claims == 2);  // the first one, and the one after 4.04
  CHECK(renewals == 3);
  o.ids_file = "ids";
  CHECK_THROWS_AS(complete(o), std::invalid_argument);
}

TEST_CASE("peers are different source addresses") {
  UdpResponder responder(register_all);
  Options o = options_for(responder, 500);
  o.peers = 250;
  o.window = 32;
  CHECK(run_fleet(o).registered == 500);
  CHECK(responder.peers() == 250);
}

TEST_CASE("Service IDs are written and compared") {
  const TemporaryFile file;
  UdpResponder responder(register_all);
  Options o = options_for(responder, 3);
  o.id_template = "lamp{n}";
  o.window = 1;
  o.ids_file = file.path;
  CHECK(run_fleet(o).registered == 3);
  CHECK(file.text() == "lamp1\tsid-of-lamp1\nlamp2\tsid-of-lamp2\nlamp3\tsid-of-lamp3\n");

  o.expect_file = std::exchange(o.ids_file, "");
  CHECK(run_fleet(o).all_registered());
  o.devices = 4;  // the fourth is not in the file
  o.peers = 0;
  Tally tally = run_fleet(o);
  CHECK(tally.registered == 4);
  CHECK(tally.mismatched == 1);
  CHECK_FALSE(tally.all_registered());
  std::ofstream(file.path) << "lamp1\tsid-of-lamp1\nlamp2\tanother\nlamp3\tsid-of-lamp3\n";
  o.devices = 3;
  o.peers = 0;
  tally = run_fleet(o);
  CHECK(tally.mismatched == 1);
}

TEST_CASE("a lost request is sent again") {
  std::set<std::string> first_time;
  UdpResponder responder([&](std::string_view datagram) -> std::vector<std::string> {
    if (is_request(datagram) && first_time.insert(seen(datagram).mid_and_token).second) return {};
    return register_all(datagram);
  });
  Options o = options_for(responder, 20);
  o.ack_timeout = std::chrono::milliseconds(30);
  o.retries = 10;
  const Tally tally = run_fleet(o);
  CHECK(tally.all_registered());
  CHECK(tally.retransmissions >= 20);
}

TEST_CASE("separate responses are acknowledged, double ones too") {
  std::atomic<int> acknowledged = 0;
  UdpResponder responder([&](std::string_view datagram) -> std::vector<std::string> {
    if (datagram.size() == 4 && datagram[0] == 0x60)
      return ++acknowledged, std::vector<std::string>{};
    if (!is_request(datagram)) return {};
    const Seen request = seen(datagram);
    std::string ack{'\x60', '\0'};
    ack += request.mid_and_token.substr(0, 2);
    std::string answer = piggybacked(request, kCreated, "", registration(request.ep));
    answer[0] = 0x48;  // CON, with a message ID of our own
    answer[2] = 0x55;
    return {ack, answer, answer};
  });
  Options o = options_for(responder, 10);
  o.window = 1;  // so that each double answer is there before the next request is answered
  const Tally tally = run_fleet(o);
  CHECK(tally.all_registered());
  CHECK(tally.separate == 10);
  // The run ends with the tenth answer; the double of the last one may not have been read then.
  CHECK(tally.late >= 9);
  for (int i = 0; i < 1000 && acknowledged < 19; ++i) usleep(1000);
  CHECK(acknowledged >= 19);
}

TEST_CASE("the newest Echo is sent back, at once and with all that is asked later") {
  int answered = 0;
  std::atomic<int> shortened = 0;
  UdpResponder responder([&](std::string_view datagram) -> std::vector<std::string> {
    if (!is_request(datagram)) return {};
    const std::string echo = answered < 10 ? "one." : "two.";
    if (datagram.find(kEchoInRequest + echo) != std::string_view::npos)
      return ++answered, register_all(datagram);
    ++shortened;
    return {piggybacked(seen(datagram), kCreated, kEchoInAnswer + echo, "")};
  });
  Options o = options_for(responder, 20);
  o.peers = 1;
  o.window = 1;
  const TemporaryFile file;
  o.ids_file = file.path;  // so that what is short is not taken for a registration
  const Tally tally = run_fleet(o);
  CHECK(tally.registered == 20);
  CHECK(tally.all_registered());
  CHECK(tally.errors == 0);
  CHECK(shortened == 2);
}

TEST_CASE("an answer that stays short is the end") {
  std::atomic<int> asked = 0;
  UdpResponder responder([&](std::string_view datagram) -> std::vector<std::string> {
    if (!is_request(datagram)) return {};
    ++asked;
    return {piggybacked(seen(datagram), kNotFound, kEchoInAnswer + std::string("vain"), "")};
  });
  const Tally tally = run_fleet(options_for(responder, 5));
  CHECK(tally.by_code.at("4.04") == 5);
  CHECK(asked == 10);
}

TEST_CASE("pending is the end without --pending-retry") {
  UdpResponder responder([](std::string_view datagram) -> std::vector<std::string> {
    if (!is_request(datagram)) return {};
    return {piggybacked(seen(datagram), kUnavailable, kMaxAge0, kPendingBody)};
  });
  const Tally tally = run_fleet(options_for(responder, 5));
  CHECK(tally.pending == 5);
  CHECK(tally.registered == 0);
  CHECK_FALSE(tally.all_registered());
}

TEST_CASE("with --pending-retry a device asks until it is provisioned") {
  std::map<std::string, int> asked;
  UdpResponder responder([&](std::string_view datagram) -> std::vector<std::string> {
    if (!is_request(datagram)) return {};
    const Seen request = seen(datagram);
    if (++asked[request.ep] == 1)
      return {piggybacked(request, kUnavailable, kMaxAge0, kPendingBody)};
    if (asked[request.ep] == 2) return {piggybacked(request, kUnavailable, kMaxAge0, "")};
    return register_all(datagram);
  });
  Options o = options_for(responder, 50);
  o.pending_retry = true;
  const Tally tally = run_fleet(o);
  CHECK(tally.all_registered());
  CHECK(tally.requests == 150);
  CHECK(tally.pending == 50);
  CHECK(tally.errors == 50);
  CHECK(tally.by_code.at("5.03") == 50);
}

TEST_CASE("with --pending-retry a device that hears nothing asks again") {
  std::set<std::string> silent_once;
  UdpResponder responder([&](std::string_view datagram) -> std::vector<std::string> {
    if (is_request(datagram) && silent_once.insert(seen(datagram).ep).second) return {};
    return register_all(datagram);
  });
  Options o = options_for(responder, 4);
  o.pending_retry = true;
  o.retries = 0;
  o.ack_timeout = std::chrono::milliseconds(50);
  const Tally tally = run_fleet(o);
  CHECK(tally.registered == 4);
  CHECK(tally.timeouts >= 4);
}

TEST_CASE("refusals, errors, resets, an answer without Service ID") {
  UdpResponder responder([](std::string_view datagram) -> std::vector<std::string> {
    if (!is_request(datagram)) return {};
    const Seen request = seen(datagram);
    switch (request.ep.back()) {
      case '1': return {piggybacked(request, kForbidden, "", "{}")};
      case '2': return {piggybacked(request, kNotFound, "", "no such thing")};
      case '3': return {std::string{'\x70', '\0'} + request.mid_and_token.substr(0, 2)};
      case '4': return {piggybacked(request, kCreated, "", "{}")};
    }
    return register_all(datagram);
  });
  Options o = options_for(responder, 5);
  o.id_template = "d{n}";
  const TemporaryFile file;
  o.ids_file = file.path;
  const Tally tally = run_fleet(o);
  CHECK(tally.registered == 1);
  CHECK(tally.refused == 1);
  CHECK(tally.errors == 3);
  CHECK(tally.by_code.at("4.03") == 1);
  CHECK(tally.by_code.at("4.04") == 1);
  CHECK(tally.by_code.at("reset") == 1);
  CHECK(tally.by_code.at("2.xx without Service ID") == 1);
  CHECK(file.text() == "d5\tsid-of-d5\n");
}

TEST_CASE("garbage and answers to nobody change nothing") {
  UdpResponder responder([](std::string_view datagram) -> std::vector<std::string> {
    if (!is_request(datagram)) return {};
    Seen nobody = seen(datagram);
    nobody.mid_and_token[9] = static_cast<char>(nobody.mid_and_token[9] ^ 1);
    Seen other_peer = seen(datagram);
    other_peer.mid_and_token[2] = '\x7f';
    auto answers = register_all(datagram);
    answers.insert(answers.begin(),
                   {"", "x", std::string(1400, '\xff'), piggybacked(nobody, kCreated, "", "{}"),
                    piggybacked(other_peer, kCreated, "", "{}"), std::string(datagram)});
    return answers;
  });
  Options o = options_for(responder, 10);
  o.window = 1;
  const Tally tally = run_fleet(o);
  CHECK(tally.all_registered());
  CHECK(tally.late == 10);
  CHECK(tally.malformed == 50);
}

TEST_CASE("a silent gateway is a timeout") {
  UdpResponder responder([](std::string_view) { return std::vector<std::string>{}; });
  Options o = options_for(responder, 3);
  o.timeout = std::chrono::milliseconds(200);
  const Tally tally = run_fleet(o);
  CHECK(tally.timeouts == 3);
  CHECK(tally.answers() == 0);
  CHECK_FALSE(tally.all_registered());
}

TEST_CASE("an address where nobody listens is told at once") {
  std::string address;
  {
    address = UdpResponder(register_all).address();
  }
  Options o;
  o.coap = address;
  o.quiet = true;
  CHECK_THROWS_AS(run_fleet(o), std::runtime_error);
}

}  // namespace
}  // namespace msggw::fleet
