// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "adapters/wire/http/client.h"
#include "provisioning/client/binding.h"

namespace msggw::client {

namespace {

Reply reply_of(http::ClientResponse response) {
  Reply reply;
  reply.meaning = meaning_of_http(response.status);
  reply.status = "HTTP " + std::to_string(response.status);
  reply.encoding = protocol::encoding_of(response.content_type);
  reply.content_type = std::move(response.content_type);
  if (reply.content_type.empty()) reply.content_type = "none";
  reply.body = std::move(response.body);
  reply.retry_after = response.retry_after;
  return reply;
}

http::ClientOptions with_room_for_bulk(const Options& options) {
  http::ClientOptions http = options.http;
  if (options.bulk_most > 1) {
    http.max_response_octets = std::max(http.max_response_octets, options.wire.bulk_octets);
  }
  return http;
}

class HttpBinding final : public Binding {
 public:
  HttpBinding(boost::asio::io_context& io, const Options& options)
      : authorization_(options.token.empty() ? std::string() : "Bearer " + options.token),
        media_type_(protocol::media_type(options.encoding)),
        client_(io, with_room_for_bulk(options)) {}

  std::size_t room() const noexcept override { return client_.room(); }
  std::size_t in_flight() const noexcept override { return client_.in_flight(); }
  bool has_bulk() const noexcept override { return true; }
  base::Uri url_of(const base::Uri& root) const override {
    return protocol::provisionings_url(root);
  }
  void start(Call call, base::Uri url, std::string body, Done done) override;

 private:
  std::string authorization_;
  std::string media_type_;
  http::Client client_;
};

void HttpBinding::start(Call call, base::Uri url, std::string body, Done done) {
  http::ClientRequest request;
  request.url = std::move(url);
  request.accept = media_type_;
  request.authorization = authorization_;
  switch (call) {
    case Call::provision:
    case Call::bulk:
      request.content_type = request.accept;
      request.body = std::move(body);
      break;
    case Call::look_up: request.method = "GET"; break;
    case Call::release: request.method = "DELETE"; break;
  }
  client_.start(std::move(request),
                [done = std::move(done)](base::Result<http::ClientResponse> response) {
                  if (!response) return done(tl::unexpected(std::move(response.error())));
                  done(reply_of(std::move(*response)));
                });
}

}  // namespace

std::unique_ptr<Binding> make_http_binding(boost::asio::io_context& io, const Options& options) {
  if (const auto usable = http::check_files(options.http.tls); !usable)
    throw std::runtime_error("[provisioning.tls] " + usable.error().detail);
  return std::make_unique<HttpBinding>(io, options);
}

}  // namespace msggw::client
