// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <stdexcept>
#include <utility>

#include "adapters/wire/coap/client.h"
#include "gateway/base/plain_file.h"
#include "gateway/base/secrets.h"
#include "provisioning/client/binding.h"
#include "provisioning/protocol/envelope.h"

namespace msggw::client {

namespace {

using protocol::Encoding;

/// The Provisioning Function as the one a MSGin5G message is for. It has no Service ID of its own
/// (the contribution 6.X.1.2, NOTE); the message says by its appId whom it means.
constexpr const char* kFunctionAddress = R"({"addrType":"AS","addr":"msgin5g-provisioning"})";

std::uint16_t format_of(Encoding encoding) noexcept {
  return encoding == Encoding::json ? coap::kFormatJson : coap::kFormatCbor;
}

std::optional<Encoding> encoding_of(std::optional<std::uint16_t> format) noexcept {
  if (format == coap::kFormatJson) return Encoding::json;
  if (format == coap::kFormatCbor) return Encoding::cbor;
  return std::nullopt;
}

/// A success that does not say in what it is (no Content-Format, which RFC 7252 5.5.1 allows) is in
/// what was asked for.
Reply reply_of(coap::ClientResponse response, Encoding asked_for) {
  Reply reply;
  reply.meaning = meaning_of_coap(response.code);
  reply.status = "CoAP " + coap::to_text(response.code);
  reply.encoding = encoding_of(response.content_format);
  if (response.content_format) {
    reply.content_type = "content-format " + std::to_string(*response.content_format);
  } else if (reply.meaning == Meaning::done) {
    reply.encoding = asked_for;
  }
  reply.body = std::move(response.payload);
  const bool later = reply.meaning == Meaning::unavailable || reply.meaning == Meaning::not_now;
  if (response.max_age_s && later)  // of 5.03 (RFC 7252 5.9.3.4) and 4.29 (RFC 8516)
    reply.retry_after = std::chrono::seconds{*response.max_age_s};
  return reply;
}

/// The answer in a MSGin5G message, as if it had come without one. An answer that is no message at
/// all stays as it is: the code and the diagnostic payload tell enough.
Reply opened(Reply reply, const std::string& msg_id, const protocol::WireLimits& limits) {
  if (!reply.encoding) return reply;
  auto decoded = protocol::decode_envelope(*reply.encoding, reply.body, limits);
  // Whom else it names is of no interest here.
  const protocol::Envelope& envelope = decoded.envelope;
  if (envelope.msg_id != msg_id || envelope.payload.empty()) {
    if (reply.meaning != Meaning::done) return reply;
    reply.meaning = Meaning::useless;
    reply.status += decoded.ok() ? " with the answer to another message"
                                 : " without a MSGin5G message: " + decoded.problem.detail;
    return reply;
  }
  reply.body = std::move(decoded.envelope.payload);
  // The message was delivered (2.04), which says nothing of what its answer is.
  const auto problem = protocol::decode_problem(*reply.encoding, reply.body, limits);
  if (reply.meaning == Meaning::done && problem && problem->status >= 400) {
    reply.meaning = meaning_of_http(problem->status);
    reply.status += " with status " + std::to_string(problem->status);
  }
  return reply;
}

std::string read_key(const Options& options) {
  if (!options.psk_key.empty() || options.psk_key_file.empty()) return options.psk_key;
  constexpr std::size_t kMostKeyFileOctets = 4'096;
  auto key = base::read_file(options.psk_key_file, kMostKeyFileOctets);
  if (key && key->ends_with('\n')) key->pop_back();
  if (!key || key->empty()) {
    throw std::runtime_error("[provisioning] psk_key_file: " + options.psk_key_file.string() +
                             (key ? " is empty" : " cannot be read: " + key.error().detail));
  }
  return std::move(*key);
}

coap::ClientOptions transport_options(const Options& options) {
  coap::ClientOptions made;
  if (!options.psk_identity.empty()) {
    made.security.psk_identity = options.psk_identity;
    made.security.psk_key = read_key(options);
  }
  made.security.ca = options.http.tls.ca;
  made.security.crl = options.http.tls.crl;
  made.security.certificate = options.http.tls.certificate;
  made.security.key = options.http.tls.key;
  made.max_in_flight = options.coap.max_in_flight;
  made.connect_timeout = options.coap.connect_timeout;
  made.request_timeout = options.coap.request_timeout;
  made.ack_timeout = options.coap.ack_timeout;
  made.max_retransmit = options.coap.max_retransmit;
  made.max_response_octets = options.http.max_response_octets;
  return made;
}

class CoapBinding final : public Binding {
 public:
  CoapBinding(boost::asio::io_context& io, const Options& options)
      : message_binding_(options.coap.message_binding),
        encoding_(options.encoding),
        limits_(options.wire),
        messages_name_(std::to_string(base::random_number()) + "-"),
        client_(io, transport_options(options)) {}

  std::size_t room() const noexcept override { return client_.room(); }
  std::size_t in_flight() const noexcept override { return client_.in_flight(); }
  bool has_bulk() const noexcept override { return false; }
  base::Uri url_of(const base::Uri& root) const override {
    return message_binding_ ? protocol::message_url(root) : protocol::provisionings_url(root);
  }
  void start(Call call, base::Uri url, std::string body, Done done) override;

 private:
  std::string wrap(std::string body, const std::string& msg_id) const;

  bool message_binding_;
  Encoding encoding_;
  protocol::WireLimits limits_;
  std::string messages_name_;  ///< tells our messages from those of other gateways and lives
  std::uint64_t messages_ = 0;
  coap::Client client_;
};

std::string CoapBinding::wrap(std::string body, const std::string& msg_id) const {
  return protocol::encode_envelope(
      encoding_,
      {"", kFunctionAddress, msg_id, std::string(protocol::kProvisioningAppId), std::move(body)});
}

void CoapBinding::start(Call call, base::Uri url, std::string body, Done done) {
  coap::ClientRequest request;
  request.uri = std::move(url);
  request.accept = format_of(encoding_);
  std::string msg_id;
  switch (call) {
    case Call::bulk: base::ensure(false, "no bulk over CoAP"); break;
    case Call::provision:
      if (message_binding_) {
        msg_id = messages_name_ + std::to_string(++messages_);
        body = wrap(std::move(body), msg_id);
      }
      request.content_format = request.accept;
      request.payload = std::move(body);
      break;
    case Call::look_up: request.method = coap::Method::get; break;
    case Call::release: request.method = coap::Method::remove; break;
  }
  client_.start(
      std::move(request), [limits = limits_, encoding = encoding_, msg_id = std::move(msg_id),
                           done = std::move(done)](base::Result<coap::ClientResponse> response) {
        if (!response) return done(tl::unexpected(std::move(response.error())));
        Reply reply = reply_of(std::move(*response), encoding);
        done(msg_id.empty() ? std::move(reply) : opened(std::move(reply), msg_id, limits));
      });
}

}  // namespace

std::unique_ptr<Binding> make_coap_binding(boost::asio::io_context& io, const Options& options) {
  return std::make_unique<CoapBinding>(io, options);
}

}  // namespace msggw::client
