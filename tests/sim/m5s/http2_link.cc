// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/write.hpp>
#include <utility>

#include "tests/sim/m5s/http2.h"
#include "tests/sim/m5s/link.h"

namespace msggw::m5s {

namespace {

using boost::beast::error_code;

/// HTTP/2: requests side by side.
class Http2Link final : public Link {
 public:
  Http2Link(boost::beast::tcp_stream stream, std::shared_ptr<LinkContext> context,
            boost::beast::flat_buffer buffer)
      : Link(std::move(stream), std::move(context)), buffer_(std::move(buffer)) {}

  void start() { on_octets(); }

 private:
  void read() {
    constexpr std::size_t kStep = 64 * 1024;
    reading_ = true;
    stream_.expires_after(kIdle);
    stream_.async_read_some(buffer_.prepare(kStep), [this, self = shared_from_this()](
                                                        const error_code& error, std::size_t size) {
      reading_ = false;
      if (error) return;
      buffer_.commit(size);
      on_octets();
    });
  }

  void on_octets() {
    const bool is_good =
        http2_.receive({static_cast<const char*>(buffer_.data().data()), buffer_.size()});
    buffer_.clear();
    for (Http2::Heard& heard : http2_.take_heard()) on_request(std::move(heard));
    write();
    if (is_good && !http2_.is_over()) read();
  }

  void on_request(Http2::Heard heard) {
    Request request;
    request.peer = peer_;
    request.version = 20;
    request.too_large = heard.too_large;
    request.body = std::move(heard.body);
    for (auto& [name, value] : heard.fields) {
      if (name == ":method") {
        request.method = value;
      } else if (name == ":path") {
        request.target = value;
      } else if (name == ":authority") {
        request.fields.emplace_back("host", std::move(value));
      } else if (!name.starts_with(':')) {
        request.fields.emplace_back(std::move(name), std::move(value));
      }
    }
    const std::int32_t stream = heard.stream;
    context_->handler(std::move(request),
                      [this, stream, self = shared_from_this()](Response response, Way way) {
                        answer(stream, std::move(response), way);
                      });
  }

  void answer(std::int32_t stream, Response response, Way way) {
    if (way == Way::never) return;
    if (way == Way::reset) return cut();
    Fields fields{{":status", std::to_string(response.status)}};
    fields.insert(fields.end(), response.fields.begin(), response.fields.end());
    http2_.answer(stream, fields, std::move(response.body), way == Way::half);
    write();
  }

  void write() {
    if (!output_.empty()) return;  // until it is written
    output_ = http2_.take_output();
    if (output_.empty()) {
      if (http2_.is_over()) finish();
      return;
    }
    stream_.expires_after(kIdle);
    boost::asio::async_write(
        stream_, boost::asio::buffer(output_),
        [this, self = shared_from_this()](const error_code& error, std::size_t) {
          output_.clear();
          if (!error) write();
        });
  }

  void finish() {
    if (!reading_) return say_goodbye();
    error_code ignored;
    stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  }

  boost::beast::flat_buffer buffer_;
  bool reading_ = false;
  Http2 http2_{Http2::Side::server};
  std::string output_;
};

}  // namespace

void serve_http2(boost::beast::tcp_stream stream, std::shared_ptr<LinkContext> context,
                 boost::beast::flat_buffer buffer) {
  std::make_shared<Http2Link>(std::move(stream), std::move(context), std::move(buffer))->start();
}

}  // namespace msggw::m5s
