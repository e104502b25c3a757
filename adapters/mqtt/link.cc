#include "adapters/mqtt/link.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "gateway/base/result.h"

namespace msggw::mqtt {

namespace {

constexpr int kReceiveMaximum =
    1'024;  ///< unacknowledged messages towards us; acknowledged at once
constexpr int kQos = 1;

using CString = base::Handle<char, std::free>;

void free_properties(mosquitto_property* properties) {
  mosquitto_property_free_all(&properties);
}
using Properties = base::Handle<mosquitto_property, free_properties>;

/// What a property list says of where to answer. The library hands out copies only.
struct ResponseProperties {
  CString topic;
  base::Handle<void, std::free> correlation;
  std::uint16_t correlation_size = 0;

  explicit ResponseProperties(const mosquitto_property* properties) {
    if (properties == nullptr) return;
    char* text = nullptr;
    mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &text, false);
    topic.reset(text);
    void* octets = nullptr;
    mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA, &octets,
                                   &correlation_size, false);
    correlation.reset(octets);
  }
};

std::size_t receive_maximum_of(const mosquitto_property* properties) {
  std::uint16_t maximum = 0;
  if (properties == nullptr || mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM,
                                                             &maximum, false) == nullptr)
    return 65'535;
  return maximum;
}

Link& link_of(void* self) noexcept {
  return *static_cast<Link*>(self);
}

extern "C" {

void on_message(mosquitto*, void* self, const mosquitto_message* message,
                const mosquitto_property* properties) noexcept {
  const ResponseProperties to(properties);
  const std::string_view payload(static_cast<const char*>(message->payload),
                                 static_cast<std::size_t>(message->payloadlen));
  const std::string_view correlation(static_cast<const char*>(to.correlation.get()),
                                     to.correlation_size);
  link_of(self).received({message->topic, payload, to.topic ? to.topic.get() : "", correlation});
}

void on_connect(mosquitto*, void* self, int reason_code, int flags,
                const mosquitto_property* properties) noexcept {
  link_of(self).answered(reason_code, (flags & 1) != 0, receive_maximum_of(properties));
}

void on_subscribe(mosquitto*, void* self, int, int count, const int* granted,
                  const mosquitto_property*) noexcept {
  const bool all = std::all_of(granted, granted + count, [](int code) { return code < 128; });
  link_of(self).subscribed(all);
}

void on_publish(mosquitto*, void* self, int, int reason_code, const mosquitto_property*) noexcept {
  link_of(self).acknowledged(reason_code);
}

void on_log(mosquitto*, void* self, int level, const char* text) noexcept {
  if (level == MOSQ_LOG_ERR) link_of(self).complained(text);
}

void on_disconnect(mosquitto*, void* self, int code, const mosquitto_property*) noexcept {
  link_of(self).lost(code);
}

}  // extern "C"

std::string text_of(int code, int error) {
  if (code == MOSQ_ERR_ERRNO) return std::strerror(error);
  return code >= 128 ? mosquitto_reason_string(code) : mosquitto_strerror(code);
}

/// What the library would answer with "invalid arguments" at each try to connect.
void check_options(const Options& options) {
  if (options.keep_alive < std::chrono::seconds(5) ||
      options.keep_alive > std::chrono::seconds(65'535))
    throw std::runtime_error("mqtt.keep_alive must be from 5 to 65535 seconds");
  if (options.host.empty()) throw std::runtime_error("mqtt.host is empty");
  if (!options.host.starts_with('/')) {
    if (options.port == 0) throw std::runtime_error("mqtt.port must not be 0");
  } else if (options.host.size() >= sizeof(sockaddr_un::sun_path)) {
    throw std::runtime_error("mqtt.host is too long for a unix socket: " + options.host);
  }
}

/// Room to receive what is to be refused, and not more.
std::uint32_t most_packet_octets(const Options& options) {
  constexpr std::size_t kTopicAndProperties = 200'000;
  constexpr std::size_t kMqttLimit = 268'435'455;
  return static_cast<std::uint32_t>(std::min(
      kMqttLimit, std::max<std::size_t>(Link::kLeastPacketOctets,
                                        options.max_payload_octets + kTopicAndProperties)));
}

void must(int code, const char* what) {
  if (code != MOSQ_ERR_SUCCESS)
    throw std::runtime_error(std::string(what) + ": " + mosquitto_strerror(code));
}

}  // namespace

Link::Link(const Options& options, std::vector<std::string> subscriptions,
           base::metrics::Counter& denied, Receive receive)
    : options_(options),
      subscriptions_(std::move(subscriptions)),
      denied_(denied),
      receive_(std::move(receive)) {
  check_options(options);
  // Never undone: mosquitto_lib_cleanup() unloads OpenSSL modules that other rooms use.
  mosquitto_lib_init();
  client_.reset(mosquitto_new(options.client_id.c_str(), false, this));
  if (client_ == nullptr)
    throw std::runtime_error("mqtt.client_id = \"" + options.client_id + "\" cannot be used");
  if (!options.ca.empty()) tls_ = make_tls_context(options);
  set_options();
}

Link::~Link() {
  disconnect();
}

void Link::set_options() {
  mosquitto* const client = client_.get();
  must(mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5), "MQTT 5");
  must(mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, kReceiveMaximum), "receive maximum");
  must(mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, kWindow), "send maximum");
  if (!options_.host.starts_with('/'))
    must(mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1), "TCP_NODELAY");
  if (!options_.user.empty()) {
    must(mosquitto_username_pw_set(client, options_.user.c_str(), options_.password.c_str()),
         "mqtt.user and mqtt.password");
  }
  if (tls_ != nullptr) {
    must(mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0), "TLS");
    must(mosquitto_opts_set(client, MOSQ_OPT_SSL_CTX, tls_.get()), "TLS");
  }
  mosquitto_message_v5_callback_set(client, on_message);
  mosquitto_connect_v5_callback_set(client, on_connect);
  mosquitto_subscribe_v5_callback_set(client, on_subscribe);
  mosquitto_publish_v5_callback_set(client, on_publish);
  mosquitto_disconnect_v5_callback_set(client, on_disconnect);

  mosquitto_property* list = nullptr;
  must(
      mosquitto_property_add_int32(&list, MQTT_PROP_SESSION_EXPIRY_INTERVAL, kSessionExpirySeconds),
      "session expiry");
  const Properties properties(list);
  must(mosquitto_property_add_int32(&list, MQTT_PROP_MAXIMUM_PACKET_SIZE,
                                    most_packet_octets(options_)),
       "maximum packet size");
  // The only call that takes properties connects synchronously, and keeps them for all later
  // connections. A port that cannot be makes it stop in between.
  const int code = mosquitto_connect_bind_v5(client, "-", -1, 5, nullptr, properties.get());
  base::ensure(code == MOSQ_ERR_INVAL, "the library refuses port -1 before it connects");
}

void Link::connect(const std::string& address, std::uint16_t port) {
  reason_.clear();
  // Says what is wrong with a certificate. Not for longer: the library formats a line for each
  // packet once somebody listens.
  if (is_tls()) mosquitto_log_callback_set(client_.get(), on_log);
  session_present_ = false;
  handshake_begun_ = false;
  window_ = kWindow;
  phase_ = Phase::connecting;
  errno = 0;
  const int code = mosquitto_connect_async(client_.get(), address.c_str(), port,
                                           static_cast<int>(options_.keep_alive.count()));
  after(code == MOSQ_ERR_CONN_PENDING ? MOSQ_ERR_SUCCESS : code, errno);
}

int Link::fd() const noexcept {
  return mosquitto_socket(client_.get());
}

bool Link::wants_write() const noexcept {
  if (phase_ == Phase::closed) return false;
  // During the handshake the library's own flag stays up once it was, and would spin the loop.
  if (is_tls() && phase_ == Phase::connecting) return !handshake_begun_;
  return mosquitto_want_write(client_.get());
}

bool Link::read(std::size_t most) {
  const std::uint64_t first = packets_;
  while (phase_ != Phase::closed) {
    if (is_tls() && phase_ == Phase::connecting && !move_handshake_on()) return false;
    const std::uint64_t before = packets_;
    errno = 0;
    const int code = mosquitto_loop_read(client_.get(), 1);
    const int error = errno;
    after(code, error);
    // The library leaves EAGAIN in errno also where it came from something else than reading. Over
    // TCP that costs one more look at the socket; over TLS the rest may already be in the
    // library, where no look at the socket finds it.
    const bool drained = error == EAGAIN || error == EWOULDBLOCK || phase_ == Phase::connecting;
    if (drained && !(is_tls() && packets_ != before)) return false;
    if (packets_ - first >= most) return phase_ != Phase::closed;
  }
  return false;
}

void Link::write() {
  if (phase_ == Phase::closed) return;
  if (is_tls() && phase_ == Phase::connecting && !move_handshake_on()) return;
  errno = 0;
  const int code = mosquitto_loop_write(client_.get(), 1);
  after(code, errno);
}

/// The library takes a socket error in the handshake for "not finished yet" and would be called
/// again and again for it, so the socket is asked first. False: the connection is closed.
bool Link::move_handshake_on() {
  handshake_begun_ = true;
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0) {
    errno = 0;
    const int code = mosquitto_loop_read(client_.get(), 1);
    after(code, errno);
    if (phase_ == Phase::closed) return false;
    char octet;
    const auto peeked = recv(fd(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
    if (peeked == 0) error = ECONNRESET;
    if (peeked < 0 && errno != EAGAIN && errno != EWOULDBLOCK) error = errno;
  }
  if (error != 0) {
    give_up(std::strerror(error));
    return false;
  }
  errno = 0;
  const int code = mosquitto_loop_write(client_.get(), 1);  // the CONNECT, once TLS stands
  after(code, errno);
  return phase_ != Phase::closed;
}

void Link::tick() {
  if (phase_ == Phase::closed) return;
  errno = 0;
  const int code = mosquitto_loop_misc(client_.get());
  after(code, errno);
}

void Link::disconnect() {
  give_up("closed by the gateway");
}

void Link::give_up(std::string reason) {
  if (phase_ == Phase::closed) return;
  fail(std::move(reason));
  // Closes the socket, unless its buffer is full: then the next connect() or the end does.
  mosquitto_disconnect_v5(client_.get(), 0, nullptr);
}

void Link::fail(std::string reason) {
  phase_ = Phase::closed;
  if (reason_.empty()) reason_ = std::move(reason);
}

bool Link::publish(const std::string& topic, std::string_view payload, std::string_view correlation,
                   bool retained) {
  mosquitto_property* list = nullptr;
  if (!correlation.empty()) {
    const auto size = static_cast<std::uint16_t>(correlation.size());
    mosquitto_property_add_binary(&list, MQTT_PROP_CORRELATION_DATA, correlation.data(), size);
  }
  const Properties properties(list);
  const int code =
      mosquitto_publish_v5(client_.get(), nullptr, topic.c_str(), static_cast<int>(payload.size()),
                           payload.data(), kQos, retained, properties.get());
  switch (code) {
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
    case MOSQ_ERR_QOS_NOT_SUPPORTED:
    case MOSQ_ERR_NOMEM: return false;
    default: break;
  }
  // Also when the socket just failed: the library has queued it and sends it again.
  ++unacknowledged_;
  return true;
}

void Link::received(const Incoming& incoming) {
  ++packets_;
  receive_(incoming);
  // Publishing from here leaves EAGAIN behind (from the library's own wake-up pipe), which
  // loop_read() would take for "nothing left on the socket".
  errno = 0;
}

void Link::answered(int reason_code, bool session_present, std::size_t receive_maximum) {
  ++packets_;
  if (reason_code != 0) {
    reason_ = std::string("refused by the broker: ") + mosquitto_reason_string(reason_code);
    return;  // the library closes the connection next
  }
  phase_ = Phase::accepted;
  if (is_tls()) mosquitto_log_callback_set(client_.get(), nullptr);
  session_present_ = session_present;
  window_ = std::min(kWindow, receive_maximum);
  std::vector<char*> filters;
  for (std::string& filter : subscriptions_) filters.push_back(filter.data());
  // Without no-local the broker would bring back what the gateway publishes, should a filter ever
  // match it; on a shared subscription it is a protocol error (MQTT 5, 3.8.3.1). Retained requests
  // come with a new session only, not with each reconnection.
  const bool shared = subscriptions_.front().starts_with('$');
  const int options = MQTT_SUB_OPT_SEND_RETAIN_NEW | (shared ? 0 : MQTT_SUB_OPT_NO_LOCAL);
  mosquitto_subscribe_multiple(client_.get(), nullptr, static_cast<int>(filters.size()),
                               filters.data(), kQos, options, nullptr);
}

void Link::subscribed(bool all) {
  ++packets_;
  if (all) {
    phase_ = Phase::ready;
  } else {
    reason_ = "the broker refuses the subscriptions: the account needs to read the request topics";
  }
}

void Link::acknowledged(int reason_code) {
  ++packets_;
  if (unacknowledged_ > 0) --unacknowledged_;
  if (reason_code >= 128) denied_.Increment();
}

void Link::complained(const char* text) {
  if (reason_.empty()) reason_ = text;
}

void Link::lost(int code) {
  if (phase_ == Phase::closed) return;
  const int error = errno;  // still that of the failed call
  fail(code == MOSQ_ERR_SUCCESS ? "closed by the broker" : text_of(code, error));
}

void Link::after(int code, int error) {
  if (phase_ == Phase::closed) return;
  if (code != MOSQ_ERR_SUCCESS) {
    fail(text_of(code, error));
  } else if (fd() < 0) {
    fail("closed by the broker");
  } else if (!reason_.empty()) {
    give_up(reason_);
  }
}

}  // namespace msggw::mqtt
