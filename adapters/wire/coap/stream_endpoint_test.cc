// SPDX-License-Identifier: Apache-2.0
// Octets on a TCP connection, right and wrong (RFC 8323), and peers that do not read.
#include <doctest/doctest.h>

#include "adapters/wire/coap/codec.h"
#include "adapters/wire/coap/option_values.h"
#include "adapters/wire/coap/test_raw_stream.h"
#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test {
namespace {

using namespace std::chrono_literals;
constexpr Way kTcp{"coap+tcp", Transport::tcp};

std::uint16_t port_of(const EchoServer& server) {
  return base::parse_uri(server.uri())->port;
}

/// `no_response`: see RFC 7967.
std::string request(std::string_view path, std::string_view payload = {},
                    std::string_view no_response = {}) {
  OptionWriter options;
  options.add(option::kUriPath, path);
  if (!no_response.empty()) options.add(option::kNoResponse, no_response);
  std::string out;
  append_frame(out, 2, "tok", options.octets(), payload);
  return out;
}

TEST_CASE("a message is read wherever it is cut") {
  Loop loop;
  EchoServer server(loop, server_of(kTcp));
  const std::string path(40, 'p');  // the header has an extended length
  const std::string octets = request(path, "body");
  for (std::size_t cut = 1; cut < octets.size(); cut += cut < 8 ? 1 : 7) {
    CAPTURE(cut);
    RawStream raw(loop, port_of(server));
    raw.send(csm());
    raw.send(octets.substr(0, cut));
    for (int turn = 0; turn < 3; ++turn) loop.turn(std::chrono::milliseconds{2});
    raw.send(octets.substr(cut));
    CHECK(raw.receive_code() == static_cast<int>(Code::created));
  }
}

TEST_CASE("many requests in one write") {
  Loop loop;
  EchoServer server(loop, server_of(kTcp));
  RawStream raw(loop, port_of(server));
  std::string all = csm();
  for (int at = 0; at < 500; ++at) all += request("p", "body " + std::to_string(at));
  raw.send(all);
  for (int at = 0; at < 500; ++at) REQUIRE(raw.receive_code() == static_cast<int>(Code::created));
  CHECK(server.seen.back().body == "body 499");
}

TEST_CASE("what a stream may not be is aborted and counted") {
  struct Case {
    const char* what;
    std::string octets;
  };
  std::string long_token = csm() + std::string("\x09\x01", 2);
  std::string critical;
  append_frame(critical, signal::kCsm, {}, "\x10", {});
  std::string cut;
  append_frame(cut, 2, {}, "\xB5x", {});
  const Case cases[] = {
      {"no CSM first", request("p")},
      {"a token of 9 octets", long_token},
      {"a critical option of the CSM", critical},
      {"options that cannot be read", csm() + cut},
      {"above Max-Message-Size", csm() + std::string("\xF0\x00\x80\x00\x00\x02", 6)},
      {"no CoAP at all", "GET / HTTP/1.1\r\n\r\n"}};
  for (const Case& wrong : cases) {
    CAPTURE(wrong.what);
    Loop loop;
    EchoServer server(loop, server_of(kTcp));
    RawStream raw(loop, port_of(server));
    raw.send(wrong.octets);
    CHECK(raw.receive_code() == signal::kAbort);
    CHECK(!raw.receive().has_value());
    CHECK(loop.metric("msggw_coap_refused_total{reason=\"malformed\"}") >= 1);
    CHECK(loop.metric("msggw_coap_sessions") == 0);
    CHECK(server.seen.empty());
  }
}

TEST_CASE("signals, unknown methods and critical options") {
  Loop loop;
  EchoServer server(loop, server_of(kTcp));
  RawStream raw(loop, port_of(server));
  std::string out = csm() + std::string("\x00\x00", 2);  // an empty message
  append_frame(out, signal::kPing, "ping", {}, {});
  raw.send(out);
  const auto pong = raw.receive();
  REQUIRE(pong.has_value());
  CHECK(read_frame(*pong, 100).message.code == signal::kPong);
  CHECK(read_frame(*pong, 100).message.token.view() == "ping");
  const auto code_for = [&](std::uint8_t method, std::uint16_t number) {
    OptionWriter options;
    options.add(number, "x");
    std::string frame;
    append_frame(frame, method, "t", options.octets(), {});
    raw.send(frame);
    return raw.receive_code();
  };
  CHECK(code_for(1, 9) == static_cast<int>(Code::bad_option));
  CHECK(code_for(1, option::kProxyUri) == static_cast<int>(Code::proxying_not_supported));
  CHECK(code_for(30, option::kUriPath) == static_cast<int>(Code::method_not_allowed));
  CHECK(server.seen.empty());
}

TEST_CASE("options of no octets, too long, twice and unknown, over TCP as over UDP") {
  Loop loop;
  EchoServer server(loop, server_of(kTcp));
  RawStream raw(loop, port_of(server));
  raw.send(csm());
  const auto code_for = [&](std::vector<std::pair<std::uint16_t, std::string>> values) {
    OptionWriter options;
    for (const auto& [number, value] : values) options.add(number, value);
    std::string frame;
    append_frame(frame, 1, "t", options.octets(), {});
    raw.send(frame);
    return static_cast<Code>(raw.receive_code());
  };
  using namespace option;
  CHECK(code_for({{kUriPath, "echo"}, {kUriQuery, "a"}, {kUriQuery, ""}}) == Code::content);
  CHECK(server.seen.back().target == "/echo?a&");
  CHECK(code_for({{kUriPath, "echo"}, {kUriQuery, std::string(255, 'q')}}) == Code::content);
  CHECK(code_for({{kContentFormat, "\x01\x32\x32"}}) == Code::content);
  CHECK(!server.seen.back().content_format.has_value());
  CHECK(code_for({{kContentFormat, "\x32"}, {kContentFormat, "\x3C"}}) == Code::content);
  CHECK(server.seen.back().content_format == kFormatJson);
  CHECK(code_for({{65'000, std::string(600, 'x')}}) == Code::content);
  CHECK(code_for({{kUriQuery, std::string(256, 'q')}}) == Code::bad_option);
  CHECK(code_for({{kUriHost, "a"}, {kUriHost, "b"}}) == Code::bad_option);
  CHECK(code_for({{kAccept, "\x01\x32\x32"}}) == Code::bad_option);
  CHECK(server.seen.size() == 5);
}

TEST_CASE("the list of resources comes in blocks of the size that is asked for, as over UDP") {
  Loop loop;
  EchoServer server(loop, server_of(kTcp));
  RawStream raw(loop, port_of(server));
  raw.send(csm());
  const auto list = [&](std::string_view block) {
    OptionWriter options;
    options.add(option::kUriPath, ".well-known");
    options.add(option::kUriPath, "core");
    options.add(option::kBlock2, block);
    std::string frame;
    append_frame(frame, 1, "t", options.octets(), {});
    raw.send(frame);
    const auto answer = raw.receive();
    REQUIRE(answer.has_value());
    OptionCursor cursor(read_frame(*answer, 1 << 20).message.rest);
    while (cursor.next()) {
    }
    return std::string(cursor.payload());
  };
  CHECK(list("") == "</echo>;rt=\"test");
  CHECK(list("\x10") == ".echo\";ct=\"50 60");
}

TEST_CASE("who says Release, or closes his direction, still gets his answers") {
  Loop loop;
  EchoServer server(loop, server_of(kTcp));
  server.reply = Reply::later;
  RawStream raw(loop, port_of(server));
  std::string release;
  append_frame(release, signal::kRelease, {}, {}, {});
  const auto answers = [&](const std::function<void()>& leave) {
    raw.send(csm() + request("p") + request("q"));
    REQUIRE(loop.until([&] { return server.waiting.size() == 2; }));
    leave();
    for (int i = 0; i < 5; ++i) loop.turn();
    CHECK(loop.metric("msggw_coap_sessions") == 1);
    server.answer_all();
    CHECK(raw.receive_code() == static_cast<int>(Code::created));
    CHECK(raw.receive_code() == static_cast<int>(Code::created));
    CHECK(!raw.receive().has_value());
    CHECK(loop.metric("msggw_coap_sessions") == 0);
  };
  SUBCASE("Release; what comes behind it is not read") {
    answers([&] { raw.send(release + request("r")); });
    CHECK(server.seen.size() == 2);
  }
  SUBCASE("half-close") {
    answers([&] { raw.shut(); });
  }
  SUBCASE("nothing is open") {
    raw.send(csm() + release);
    CHECK(!raw.receive().has_value());
    CHECK(loop.metric("msggw_coap_sessions") == 0);
  }
}

TEST_CASE("who leaves is not kept for what will not be answered") {
  Loop loop;
  ServerOptions options = server_of(kTcp);
  options.handshake_timeout = 1h;
  EchoServer server(loop, options);
  RawStream raw(loop, port_of(server));
  const std::string unwanted = request("p", {}, "\x1A");
  const auto leave_behind = [&](const std::string& octets, Reply reply) {
    server.reply = reply;
    raw.send(csm() + octets);
    raw.shut();
    if (reply != Reply::later) return;
    REQUIRE(loop.until([&] { return !server.waiting.empty(); }));
    for (int i = 0; i < 5; ++i) loop.turn();
    CHECK(loop.metric("msggw_coap_sessions") == 1);
  };
  SUBCASE("unwanted") {
    leave_behind(unwanted, Reply::now);
  }
  SUBCASE("unwanted, and late") {
    leave_behind(unwanted, Reply::later);
    server.answer_all();
  }
  SUBCASE("lost") {
    leave_behind(request("p"), Reply::later);
    server.answer_all(Delivery::lost);
  }
  SUBCASE("nothing") {
    leave_behind(request("p"), Reply::nothing);
  }
  SUBCASE("an acknowledgement") {
    leave_behind(request("p"), Reply::acknowledge);
  }
  SUBCASE("abandoned") {
    leave_behind(request("p"), Reply::later);
    server.server().abandon(server.waiting.front(), Reply::nothing);
  }
  CHECK(!raw.receive().has_value());
  CHECK(loop.metric("msggw_coap_sessions") == 0);
}

TEST_CASE("who leaves and is never answered is not waited for long") {
  Loop loop;
  ServerOptions options = server_of(kTcp);
  options.handshake_timeout = base::Duration{50};
  EchoServer server(loop, options);
  server.reply = Reply::later;
  RawStream raw(loop, port_of(server));
  raw.send(csm() + request("p"));
  REQUIRE(loop.until([&] { return !server.waiting.empty(); }));
  raw.shut();
  CHECK(!raw.receive().has_value());
  server.answer_all();
  CHECK(loop.metric("msggw_coap_sessions") == 0);
}

TEST_CASE("limits of connections: their number, silence, and a peer that does not read") {
  Loop loop;
  ServerOptions options = server_of(kTcp);
  const auto one_only = [&] {
    EchoServer server(loop, options);
    RawStream first(loop, port_of(server));
    first.send(csm());
    loop.turn();
    RawStream second(loop, port_of(server));
    CHECK(!second.receive().has_value());
    CHECK(loop.metric("msggw_coap_refused_total{reason=\"too_many_connections\"}") == 1);
    first.send(request("p"));
    CHECK(first.receive_code() == static_cast<int>(Code::created));
  };
  SUBCASE("their number") {
    options.max_connections = 1;
    one_only();
  }
  SUBCASE("those of one source") {
    options.max_connections_per_source = 1;
    one_only();
  }
  SUBCASE("silence") {
    options.session_timeout = base::Duration{50};
    EchoServer server(loop, options);
    RawStream raw(loop, port_of(server));
    raw.send(csm());
    CHECK(!raw.receive().has_value());
  }
  SUBCASE("silence before the CSM") {
    options.handshake_timeout = base::Duration{50};
    EchoServer server(loop, options);
    RawStream raw(loop, port_of(server));
    CHECK(!raw.receive().has_value());
  }
  SUBCASE("a peer that does not read") {
    options.max_unsent_octets = 100'000;
    EchoServer server(loop, options);
    server.content = std::string(50'000, 'x');
    RawStream raw(loop, port_of(server));
    std::string all;
    OptionWriter large;
    large.add(signal::kMaxMessageSize, NumberValue(1 << 20).view());
    append_frame(all, signal::kCsm, {}, large.octets(), {});
    for (int at = 0; at < 1'000; ++at) append_frame(all, 1, "t", "\xB1p", {});
    raw.send(all);
    CHECK(loop.until([&] { return loop.metric("msggw_coap_sessions") == 0; }));
    CHECK(server.seen.size() < 1'000);
  }
}

TEST_CASE("a taken TCP port is refused with the way out") {
  Loop loop;
  ServerOptions options = server_of(kTcp);
  options.section = "pf";
  options.port_option = "coap_port";
  EchoServer server(loop, options);
  options.port = server.server().port();
  CHECK_THROWS_WITH_AS(EchoServer(loop, options), doctest::Contains("set another pf.coap_port"),
                       std::runtime_error);
}

}  // namespace
}  // namespace msggw::coap::test
