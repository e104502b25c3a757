// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/link.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <sys/ioctl.h>
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

/// Unacknowledged messages towards us; acknowledged at once.
constexpr int kReceiveMaximum = 1'024;
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
  base::ensure(reason_code == 0, "the filter ends a connection that is refused");
  link_of(self).answered((flags & 1) != 0, receive_maximum_of(properties));
}

void on_subscribe(mosquitto*, void* self, int id, int count, const int* granted,
                  const mosquitto_property*) noexcept {
  link_of(self).subscribed(id, std::span(granted, static_cast<std::size_t>(count)));
}

void on_publish(mosquitto*, void* self, int, int reason_code, const mosquitto_property*) noexcept {
  link_of(self).acknowledged(reason_code);
}

void on_disconnect(mosquitto*, void* self, int code, const mosquitto_property*) noexcept {
  link_of(self).lost(code);
}

}  // extern "C"

std::string text_of(int code, int error) {
  return code == MOSQ_ERR_ERRNO ? std::strerror(error) : mosquitto_strerror(code);
}

/// What the library would answer with "invalid arguments" at each try to connect.
void check_options(const Options& options) {
  if (options.keep_alive < std::chrono::seconds(5) ||
      options.keep_alive > std::chrono::seconds(65'535))
    throw std::runtime_error("mqtt.keep_alive must be from 5 to 65535 seconds");
  if (options.host.host && options.port == 0) throw std::runtime_error("mqtt.port must not be 0");
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
  if (!options_.user.empty()) {
    must(mosquitto_username_pw_set(client, options_.user.c_str(), options_.password.c_str()),
         "mqtt.user and mqtt.password");
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
                                    static_cast<std::uint32_t>(most_packet_octets())),
       "maximum packet size");
  // The only call that takes properties connects synchronously, and keeps them for all later
  // connections. A port that cannot be makes it stop in between.
  const int code = mosquitto_connect_bind_v5(client, "-", -1, 5, nullptr, properties.get());
  base::ensure(code == MOSQ_ERR_INVAL, "the library refuses port -1 before it connects");
}

/// Room to receive what is to be refused, and not more.
std::size_t Link::most_packet_octets() const noexcept {
  constexpr std::size_t kTopicAndProperties = 200'000;
  constexpr std::size_t kMqttLimit = 268'435'455;
  return std::min(
      kMqttLimit,
      std::max<std::size_t>(kLeastPacketOctets, options_.max_payload_octets + kTopicAndProperties));
}

void Link::connect() {
  reason_.clear();
  session_present_ = false;
  subscription_ = 0;
  window_ = kWindow;
  phase_ = Phase::connecting;
  errno = 0;
  const int code = mosquitto_connect_async(client_.get(), local_.path().c_str(), 0,
                                           static_cast<int>(options_.keep_alive.count()));
  after(code, errno);
  end_ = local_.accept();
  if (!end_) give_up(std::string("no local stream to the MQTT library: ") + std::strerror(errno));
}

void Link::take(std::string_view octets) {
  while (!octets.empty() && phase_ != Phase::closed) {
    const ssize_t taken = ::send(end_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (taken > 0) octets.remove_prefix(static_cast<std::size_t>(taken));
    if (taken < 0 && errno != EAGAIN) return give_up(std::strerror(errno));
    read();
  }
}

/// The library stops for EAGAIN also where that came from something else than reading (its wake-up
/// pipe, a full stream the other way), so only the stream itself can tell whether all is read.
void Link::read() {
  while (phase_ != Phase::closed) {
    errno = 0;
    const int code = mosquitto_loop_read(client_.get(), 1);
    const int error = errno;
    after(code, error);
    if (phase_ == Phase::closed) return;
    if ((error == EAGAIN || error == EWOULDBLOCK) && !has_unread()) return;
  }
}

bool Link::has_unread() const {
  int octets = 0;
  return ::ioctl(mosquitto_socket(client_.get()), FIONREAD, &octets) == 0 && octets > 0;
}

std::size_t Link::give(std::span<char> to) {
  if (phase_ != Phase::closed && mosquitto_want_write(client_.get())) {
    errno = 0;
    const int code = mosquitto_loop_write(client_.get(), 1);
    after(code, errno);
  }
  if (!end_) return 0;
  const ssize_t given = ::recv(end_.get(), to.data(), to.size(), 0);
  return given > 0 ? static_cast<std::size_t>(given) : 0;
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

void Link::give_up(std::string reason, std::uint8_t code) {
  if (phase_ == Phase::closed) return;
  fail(std::move(reason));
  // Closes the library's end, unless the stream is full: then the next connect() or the end does.
  mosquitto_disconnect_v5(client_.get(), code, nullptr);
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
  receive_(incoming);
  // Publishing from here leaves EAGAIN behind (from the library's own wake-up pipe), for which
  // read() would have to ask the stream.
  errno = 0;
}

void Link::answered(bool session_present, std::size_t receive_maximum) {
  phase_ = Phase::accepted;
  session_present_ = session_present;
  window_ = std::min(kWindow, receive_maximum);
  std::vector<char*> filters;
  for (std::string& filter : subscriptions_) filters.push_back(filter.data());
  // Without no-local the broker would bring back what the gateway publishes, should a filter ever
  // match it; on a shared subscription it is a protocol error (MQTT 5, 3.8.3.1). Retained requests
  // come with a new session only, not with each reconnection.
  const bool shared = subscriptions_.front().starts_with('$');
  const int options = MQTT_SUB_OPT_SEND_RETAIN_NEW | (shared ? 0 : MQTT_SUB_OPT_NO_LOCAL);
  mosquitto_subscribe_multiple(client_.get(), &subscription_, static_cast<int>(filters.size()),
                               filters.data(), kQos, options, nullptr);
}

void Link::subscribed(int id, std::span<const int> codes) {
  if (id != subscription_ || codes.size() != subscriptions_.size()) {
    reason_ = "SUBACK for what was not subscribed to";
    return;
  }
  const auto refused =
      std::find_if(codes.begin(), codes.end(), [](int code) { return code >= 128; });
  if (refused == codes.end()) {
    phase_ = Phase::ready;
    return;
  }
  const auto& filter = subscriptions_[static_cast<std::size_t>(refused - codes.begin())];
  reason_ =
      "the broker refuses the subscription to " + filter + ": " + mosquitto_reason_string(*refused);
}

void Link::acknowledged(int reason_code) {
  if (unacknowledged_ > 0) --unacknowledged_;
  if (reason_code >= 128) denied_.Increment();
}

void Link::lost(int code) {
  if (phase_ == Phase::closed) return;
  const int error = errno;  // still that of the failed call
  fail(text_of(code, error));
}

void Link::after(int code, int error) {
  if (phase_ == Phase::closed) return;
  if (code != MOSQ_ERR_SUCCESS) {
    fail(text_of(code, error));
  } else if (mosquitto_socket(client_.get()) < 0) {
    fail("closed by the MQTT library");
  } else if (!reason_.empty()) {
    give_up(reason_);
  }
}

}  // namespace msggw::mqtt
