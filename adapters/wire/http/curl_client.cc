// SPDX-License-Identifier: Apache-2.0
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/wire/http/client_core.h"
#include "adapters/wire/http/client_values.h"
#include "adapters/wire/http/curl_loop.h"
#include "adapters/wire/http/transfer.h"

namespace msggw::http {

namespace {

class CurlClient final : public ClientCore, public std::enable_shared_from_this<CurlClient> {
 public:
  CurlClient(boost::asio::io_context& io, ClientOptions options);

  void open() { loop_->start(); }
  std::size_t room() const noexcept override;
  std::size_t in_flight() const noexcept override { return transfers_.size(); }
  void start(ClientRequest request, Done done) override;
  void close() noexcept override;

 private:
  CurlLoop::Events events();
  void complete(CURL* easy, CURLcode code);
  void deliver();

  ClientOptions options_;
  ClientTrust trust_;
  std::shared_ptr<CurlLoop> loop_;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers_;
  std::vector<Finished> finished_;
  std::vector<Finished> delivering_;
  bool http2_seen_ = false;
  bool closed_ = false;
};

// Without ALPN in its context: libcurl makes one of its own and sets that itself.
CurlClient::CurlClient(boost::asio::io_context& io, ClientOptions options)
    : options_(std::move(options)),
      trust_(options_.tls, nullptr),
      loop_(std::make_shared<CurlLoop>(io, options_.max_connections, options_.max_streams,
                                       events())) {}

CurlLoop::Events CurlClient::events() {
  return {[this](CURL* easy, CURLcode code) { complete(easy, code); }, [this] { deliver(); }};
}

void CurlClient::close() noexcept {
  closed_ = true;
  std::vector<CURL*> easies;
  for (const auto& [easy, transfer] : transfers_) easies.push_back(easy);
  loop_->close(easies);
  finished_.clear();
}

std::size_t CurlClient::room() const noexcept {
  const std::size_t most = http2_seen_ ? options_.max_streams : options_.max_connections;
  return transfers_.size() < most ? most - transfers_.size() : 0;
}

void CurlClient::start(ClientRequest request, Done done) {
  base::ensure(room() > 0, "HTTP client: a request without room for it");
  if (const auto good = check_values(request); !good) {
    finished_.push_back({std::move(done), tl::unexpected(good.error())});
    return loop_->wake();
  }
  const bool secure = base::is_secure(request.url.scheme);
  auto transfer = std::make_unique<Transfer>(options_, std::move(request), std::move(done));
  CURL* const easy = transfer->easy();
  if (secure) transfer->set_tls(trust_.context());
  transfers_.emplace(easy, std::move(transfer));
  loop_->adopt(easy);
  loop_->add(easy);
}

void CurlClient::complete(CURL* easy, CURLcode code) {
  const auto transfer = std::move(transfers_.at(easy));
  transfers_.erase(easy);
  auto result = transfer->finish(code);
  if (result) http2_seen_ = result->version == 20;
  finished_.push_back({transfer->take_done(), std::move(result)});
}

void CurlClient::deliver() {
  if (finished_.empty()) return;
  const auto self = shared_from_this();  // a Done may end the client
  delivering_.swap(finished_);
  for (Finished& finished : delivering_) {
    if (closed_) break;
    finished.done(std::move(finished.result));
  }
  delivering_.clear();
}

}  // namespace

std::shared_ptr<ClientCore> open_curl_client(boost::asio::io_context& io, ClientOptions options) {
  auto client = std::make_shared<CurlClient>(io, std::move(options));
  client->open();
  return client;
}

}  // namespace msggw::http
