// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <optional>

#include "adapters/wire/coap/server.h"
#include "adapters/wire/http/test_peers.h"
#include "provisioning/client/binding.h"
#include "provisioning/client/test_world.h"
#include "provisioning/protocol/envelope.h"
#include "tests/support/temp_folder.h"

namespace msggw::client::test {

namespace {

using namespace std::chrono_literals;
using base::Scheme;
using protocol::Encoding;

constexpr std::array kEncodings{Encoding::json, Encoding::cbor};

std::uint16_t format_of(Encoding encoding) {
  return encoding == Encoding::json ? coap::kFormatJson : coap::kFormatCbor;
}

std::string decoded_id(Encoding encoding, std::string_view request) {
  return protocol::decode_request(encoding, request, {}).request.private_id;
}

/// A Provisioning Function over CoAP on the client's loop. The Private ID says what it answers.
class CoapFunction {
 public:
  explicit CoapFunction(boost::asio::io_context& io, coap::ServerOptions options = {})
      : transport_(options.transport), server_({io, clock_, metrics_}, options, handler()) {}

  base::Uri root() const {
    const auto scheme = base::scheme_of(coap::scheme_of(transport_)).value();
    return {scheme, base::Host(boost::asio::ip::address_v4::loopback()), server_.port(), ""};
  }
  std::vector<std::string> targets;

 private:
  coap::Handler handler() {
    return [this](coap::Incoming& incoming, coap::Response& out) {
      incoming.once_only = true;
      targets.push_back(std::string(coap::name_of(incoming.request.method)) + " " +
                        coap::target_of(incoming.request));
      if (incoming.request.method == coap::Method::remove) {
        out.code = coap::Code::deleted;
        return coap::Reply::now;
      }
      const auto body = incoming.body(out);
      if (body) answer(incoming.request, *body, out);
      return coap::Reply::now;
    };
  }

  void answer(const coap::Request& request, std::string_view body, coap::Response& out) const {
    const bool json = request.content_format == coap::kFormatJson;
    const Encoding encoding = json ? Encoding::json : Encoding::cbor;
    CHECK(request.accept == format_of(encoding));
    if (request.path.size() > 1) return answer_request(encoding, body, out);
    const auto message = protocol::decode_envelope(encoding, body, {});
    REQUIRE(message.ok());
    answer_request(encoding, message.envelope.payload, out);
    if (coap::class_of(out.code) != 2 && !out.content_format) return;
    auto answer = message.envelope;
    answer.payload = out.payload;
    if (out.payload.find("other-message") != std::string::npos) answer.msg_id = "9";
    answer.dest_addr = R"({"addrType":"UE","addr":""})";  // nobody who has a Service ID
    if (out.code == coap::Code::created) out.code = coap::Code::changed;
    if (decoded_id(encoding, message.envelope.payload) == "hidden") out.code = coap::Code::changed;
    out.payload = protocol::encode_envelope(encoding, answer);
  }

  void answer_request(Encoding encoding, std::string_view body, coap::Response& out) const {
    const auto decoded = protocol::decode_request(encoding, body, {});
    REQUIRE(decoded.ok());
    const std::string& id = decoded.request.private_id;
    out.content_format = format_of(encoding);
    if (id == "denied" || id == "hidden") {
      out.code = coap::Code::forbidden;
      out.payload = protocol::encode_problem(encoding, {403, "POLICY_DENIED", "no", {}});
    } else if (id == "busy") {
      out.code = coap::Code::unavailable;
      out.content_format.reset();
      out.max_age_s = 7;
      out.payload = "later";
    } else if (id == "bare") {
      out.code = coap::Code::bad_request;
      out.content_format.reset();
      out.payload = "a diagnostic";
    } else {
      out.code = coap::Code::created;
      const std::string info = id == "long" ? R"({"x":")" + std::string(3'000, 'x') + "\"}" : "";
      out.payload = protocol::encode_response(encoding, {"s-" + id, {"m5s"}, info, 60s});
      if (id == "unnamed") out.content_format.reset();
    }
  }

  base::Clock clock_;
  base::metrics::Registry metrics_;
  coap::Transport transport_;
  coap::Server server_;
};

/// One request over the binding for `root`, waited for.
base::Result<Reply> exchange(boost::asio::io_context& io, const Options& options,
                             const base::Uri& root, Call call, const std::string& id) {
  const Bindings bindings(io, options, {root});
  Binding& binding = bindings.of(root.scheme);
  CHECK(binding.room() > 0);
  CHECK_FALSE(binding.has_bulk());
  std::optional<base::Result<Reply>> got;
  const bool provision = call == Call::provision;
  binding.start(call, provision ? binding.url_of(root) : protocol::provisioning_url(root, id),
                provision ? protocol::encode_request(options.encoding, core::UeType::non_3gpp, id,
                                                     R"({"v":1})")
                          : std::string(),
                [&](base::Result<Reply> reply) { got = std::move(reply); });
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!got && std::chrono::steady_clock::now() < end) io.run_one_for(50ms);
  REQUIRE(got.has_value());
  return std::move(*got);
}

}  // namespace

TEST_CASE("over CoAP, as a request or as a MSGin5G message, in both encodings") {
  boost::asio::io_context io{1};
  CoapFunction function(io);
  for (const Encoding encoding : kEncodings) {
    for (const bool message : {false, true}) {
      CAPTURE(message);
      Options options;
      options.encoding = encoding;
      options.coap.message_binding = message;
      function.targets.clear();
      const auto ask = [&](const std::string& id) {
        auto reply = exchange(io, options, function.root(), Call::provision, id);
        REQUIRE(reply.has_value());
        return judge(std::move(*reply), options.wire);
      };
      for (const char* id : {"a", "long", "unnamed"}) {
        const auto verdict = ask(id);
        const auto* answer = std::get_if<core::Provisioned>(&verdict);
        REQUIRE(answer != nullptr);
        CHECK(answer->service_id == std::string("s-") + id);
        CHECK(answer->lifetime == 60s);
      }
      const auto denied = ask("denied");
      CHECK(std::get<Refused>(denied).cause == "POLICY_DENIED");
      const auto bare = ask("bare");
      CHECK(std::get<Refused>(bare).cause == "CoAP_4.00");
      CHECK(std::get<Refused>(bare).detail == "a diagnostic");
      const auto busy = ask("busy");
      CHECK(std::get<Unavailable>(busy).retry_after == 7s);
      CHECK(function.targets.front() ==
            (message ? "POST /msgin5g" : "POST /msgin5g-provisioning/v1/provisionings"));
    }
    Options options;
    options.encoding = encoding;
    options.coap.message_binding = true;
    auto hidden = exchange(io, options, function.root(), Call::provision, "hidden");
    REQUIRE(hidden.has_value());  // a message that was delivered (2.04) and says no
    CHECK(std::get<Refused>(judge(std::move(*hidden), options.wire)).cause == "POLICY_DENIED");
    auto other = exchange(io, options, function.root(), Call::provision, "other-message");
    REQUIRE(other.has_value());
    CHECK(std::holds_alternative<Useless>(judge(std::move(*other), options.wire)));
  }
}

TEST_CASE("a release over CoAP") {
  boost::asio::io_context io{1};
  CoapFunction function(io);
  auto reply = exchange(io, {}, function.root(), Call::release, "a/b c");
  REQUIRE(reply.has_value());
  CHECK(std::holds_alternative<Released>(judge_release(std::move(*reply), {})));
  CHECK(function.targets.back() == "DELETE /msgin5g-provisioning/v1/provisionings/a%2Fb%20c");
}

TEST_CASE("coaps and coaps+tcp with a pre-shared key, from the options or from a file") {
  const msggw::test::TempFolder folder;
  const auto file = folder.file("key", "secret\n");
  for (const auto transport : {coap::Transport::dtls, coap::Transport::tls}) {
    CAPTURE(std::string(coap::scheme_of(transport)));
    boost::asio::io_context io{1};
    coap::ServerOptions server;
    server.transport = transport;
    server.security.psk_key = [](std::string_view identity) -> std::optional<std::string> {
      if (identity != "gw-1") return std::nullopt;
      return "secret";
    };
    CoapFunction function(io, server);
    Options options;
    options.psk_identity = "gw-1";
    options.psk_key_file = file;
    CHECK(exchange(io, options, function.root(), Call::provision, "a").has_value());
    options.psk_key = "secret";
    CHECK(exchange(io, options, function.root(), Call::provision, "a").has_value());
    options.psk_key = "another";
    options.coap.connect_timeout = options.coap.request_timeout = 2s;
    const auto refused = exchange(io, options, function.root(), Call::provision, "a");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == base::Errc::unavailable);
    options.psk_key.clear();
    options.psk_key_file = folder.path() / "none";
    CHECK_THROWS_WITH_AS(Bindings(io, options, {function.root()}),
                         doctest::Contains("psk_key_file"), std::runtime_error);
  }
}

TEST_CASE("one queue for both protocols: CoAP serves while HTTP is away, and the other way round") {
  World world;
  CoapFunction coap_function(world.io);
  auto http_function = std::make_unique<ScriptedFunction>(world.io);
  const auto http_root = http_function->root();
  Options options;
  options.probe_first = options.probe_most = 20ms;
  world.start(options, {http_root, coap_function.root()});
  world.ask_many(20, "a");
  REQUIRE(world.until_done());
  CHECK(coap_function.targets.empty());
  http_function.reset();
  world.ask_many(100, "b");
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 120);
  CHECK(coap_function.targets.size() == 100);  // CoAP has no bulk
}

}  // namespace msggw::client::test
