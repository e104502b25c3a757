// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/msgin5g/adapter.h"
#include "adapters/wire/http/client.h"
#include "tests/scenario/messages_world.h"

/// What the tests of this room ask, and are asked by: MSGin5G Servers over HTTP that do what they
/// are told to, and a gateway with everything around the adapter played by the test.
namespace msggw::msgin5g::test {

/// Takes everything on, unless its script says otherwise. Runs on the loop of the gateway.
class ScriptedServer {
 public:
  struct Request {
    std::string path;
    boost::json::object body;  ///< empty: there is none
    std::string priority;
    std::string method = {};
    std::string authorization = {};
    std::string message_id() const { return std::string(body.at("msgId").as_string()); }
    /// segNumb; 0: it is whole.
    std::int64_t segment() const;
  };
  struct Answer {
    unsigned status = 200;
    std::string body = {};
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers = {};
    bool silence = false;
  };
  using Script = std::function<Answer(const Request&)>;

  explicit ScriptedServer(boost::asio::io_context& io, std::uint16_t port = 0);

  base::Uri root() const;
  std::uint16_t port() const noexcept { return server_->port(); }
  /// The msgIds of the requests, each with "/N" behind it if it is a segment.
  std::vector<std::string> asked() const;
  /// Open ones.
  double connections() const;

  Script script = [](const Request&) { return Answer{}; };
  std::vector<Request> requests;

 private:
  base::Clock clock_;
  base::metrics::Registry metrics_;
  std::optional<http::Server> server_;
};

/// The problem document of a cause.
ScriptedServer::Answer problem(unsigned status, const std::string& cause);

class World {
 public:
  explicit World(messages::Limits limits = {}) : messages(limits) {}

  /// A server of that name, whose Service ID is the same, with addresses of these ports.
  static ServerOptions server(const std::string& name, const std::vector<base::Uri>& uris);
  /// (Again) with these options; nothing is under way then.
  void start(Options options);
  /// Other options while it runs; its port stays, unless they name one.
  void reload(Options options);
  /// With one server, m5s-1.
  void start(const ScriptedServer& server);
  /// Devices are registered at their servers; to be said before start().
  void register_devices() { registers_ = true; }
  core::DeviceState state(std::uint32_t device) {
    return messages.devices().state(core::DeviceNo{device});
  }
  /// The process dies and starts again.
  void restart();

  /// A device with these servers, in this order.
  std::uint32_t add_device(const std::vector<std::string>& servers,
                           const std::string& service_info = R"({"segmentSize":4})");
  void send(messages::SendRequest request);
  void send(const std::string& id, const std::string& content = "content", std::uint32_t from = 0) {
    send(messages.request(id, content, from));
  }

  /// Asks the gateway as a MSGin5G Server would; the answer comes to answers[the number].
  std::size_t post(const std::string& path, const std::string& body,
                   const std::string& authorization = {});

  /// Turns until `condition`; false after a long time.
  bool until(const std::function<bool()>& condition);
  /// Turns as if `ahead` later, while the loop has something to do.
  void turns(base::Duration ahead = {}, int count = 20);
  /// Turns until the sender has nothing more to do with so many messages and reports.
  bool until_ended(std::size_t count) {
    return until([&] { return ended() >= count; });
  }
  std::size_t ended() const;
  double failed(const std::string& cause) const;
  double metric(const std::string& name) const;

  boost::asio::io_context io{1};
  base::Clock clock;
  base::metrics::Registry metrics;
  scenario::MessagesWorld messages;
  std::optional<ServerAdapter> adapter;
  std::deque<std::optional<http::ClientResponse>> answers;
  bool commits = true;  ///< whether the store takes what there is

 private:
  void turn(base::TimePoint now);

  Options options_;
  bool registers_ = false;
  std::uint32_t devices_ = 3;
  http::Client client_{io, {}};
};

}  // namespace msggw::msgin5g::test
